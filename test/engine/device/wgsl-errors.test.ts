// What is wrong with a kernel's text is told by the file and line where it is written, whoever finds it.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseError, withPlaces } from "../../../engine/device/wgsl-errors";
import { GpuError } from "../../../engine/errors/errors";
import { kernelText } from "../../../kernels/index";
import { testGpu } from "../../helpers/gpu";

const test = suite("wgsl errors");

/** A kernel whose 12th line is `line`, after an include and a loop that make it another one for the driver. */
const kernel = (name: string, line: string) => ({
  name,
  source: `#include "common.wgsl"
struct Dims { n: u32 }
@group(0) @binding(0) var<uniform> u: Dims;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = flatIndex(wid, groups, lid);
  if (i >= u.n) { return; }
#unroll j in 0..4
  let v{j} = {j}.0;
#end
  ${line}
}`,
});

/** Dispatches it and waits. @returns what is thrown */
async function errorOf(name: string, line: string): Promise<Error> {
  const gpu = await testGpu();
  return gpu.scopeAsync(async () => {
    const y = gpu.empty([4]);
    try {
      const params = { LETTER: 1 };
      gpu.dispatch({ kernel: kernel(name, line), params, uniforms: { n: 4 }, bindings: { y }, workgroups: [1] });
      await gpu.finish();
    } catch (error) {
      return error as Error;
    }
    throw new Error("nothing was thrown");
  });
}

test("the driver's: in a kernel's own text", async () => {
  const error = await errorOf("broken_name", "y[i] = missing;");
  assert.ok(error instanceof GpuError);
  assert.match(error.message, /^GPU error: .*\bbroken_name\.wgsl:12: error: unresolved value 'missing'$/m);
});

test("the driver's: notes too", async () => {
  const { message } = await errorOf("broken_twice", "let i = 1u;");
  assert.match(message, /\bbroken_twice\.wgsl:12: error: redeclaration of 'i'$/m);
  assert.match(message, /^broken_twice\.wgsl:7: note: 'i' previously declared here$/m);
});

test("the driver's: in what is included", async () => {
  const line = kernelText("four.wgsl")!
    .split("\n")
    .findIndex((text) => text.includes("vec4<real>(v)"));
  const { message } = await errorOf("broken_include", '}\n#include "four.wgsl"\nfn more() {');
  assert.match(message, new RegExp(`\\bfour\\.wgsl:${line + 1}: error: unresolved type 'real'$`, "m"));
});

test("the parser's", async () => {
  const { message } = await errorOf("broken_syntax", "let a = 1\n  y[i] = 2.0;");
  assert.is(message, "broken_syntax.wgsl:13: Expected ';' after statement");
  assert.is((await errorOf("broken_number", "y[i] = 0x;")).message, "broken_number.wgsl:12: Invalid syntax");
});

test("messages without a line, or with one past the end", () => {
  const text = { code: "x", places: [{ file: "k.wgsl", line: 3 }] };
  assert.is(parseError("k", new Error("no such type"), text), "k.wgsl does not parse: no such type");
  assert.is(parseError("k", "Unexpected end. Line: 9", text), "k.wgsl:3: Unexpected end");
  assert.is(withPlaces("no memory", text), "no memory");
});

test.run();
