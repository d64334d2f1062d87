// Names within kernels are camelCase, those of uniforms above all, which TypeScript gives by name; parameters and constants are
// capitals. Kernels themselves are named as their files are.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { includesOf } from "../../engine/device/index";
import { kernels, kernelText } from "../../kernels/index";

const test = suite("names within kernels");

/** A text without comments, directives, attributes and address spaces. */
const codeOf = (text: string): string => text.replace(/\/\/.*|^\s*#.*|@\w+(\(\w+\))?|var<[^>]*>/gm, "");

/** Members of a text's uniform structs, of every branch. */
function uniformsOf(text: string): string[] {
  const name = /var<uniform> \w+: (\w+)/.exec(text)?.[1];
  const structs = [...codeOf(text).matchAll(/struct (\w+) \{([^}]*)\}/g)].filter(([, struct]) => struct === name);
  return structs.flatMap(([, , members]) => [...members.matchAll(/(\w+)\s*:/g)].map(([, member]) => member));
}

const notCamelCase = (names: readonly string[]): string[] => names.filter((name) => !/^[a-z][a-zA-Z0-9]*$/.test(name));

/** Names that are neither camelCase nor capitals. The numbers of unrolled names may stand after a line: `acc{o}_{p}`. */
const underscored = (text: string): string[] => codeOf(text).match(/\b(?=\w*[a-z])[a-zA-Z0-9]+_\w+/g) ?? [];

test("uniforms", () => {
  let count = 0;
  for (const { name, source } of Object.values(kernels)) {
    const uniforms = [source, ...includesOf(source, kernelText).values()].flatMap(uniformsOf);
    assert.ok(uniforms.length > 0, `${name}: uniforms are found`);
    assert.equal(notCamelCase(uniforms), [], name);
    count += uniforms.length;
  }
  assert.ok(count > 300, `${count}`);
});

test("all others", () => {
  for (const { name, source } of Object.values(kernels)) {
    assert.equal(underscored(source), [], name);
    for (const [file, text] of includesOf(source, kernelText)) assert.equal(underscored(text), [], file);
  }
});

test("another case is seen", () => {
  const text = `
struct Other { not_uniform: u32 }
#if SOME_THING
struct Dims { n: u32, row_pitch: u32, // of_x: u32
  Width: vec2u,
}
#else
struct Dims { MAX: f32 }
#end
@group(0) @binding(0) var<uniform> u: Dims;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
override MOST_LANES: u32 = 8;
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wid: vec3u) {
  let plane_size = row{i}_{j} + acc_a;
}
`;
  assert.equal(uniformsOf(text), ["n", "row_pitch", "Width", "MAX"]);
  assert.equal(notCamelCase(uniformsOf(text)), ["row_pitch", "Width", "MAX"]);
  assert.equal(underscored(text), ["not_uniform", "row_pitch", "plane_size", "acc_a"]);
});

test.run();
