import { suite } from "uvu";
import * as assert from "uvu/assert";
import { includesOf, type Params, preprocess } from "../../../engine/device/wgsl";

const test = suite("wgsl preprocessing");

/** k.wgsl preprocessed, with some files that it may include. */
const expand = (text: string, params: Params = {}, files: Record<string, string> = {}) =>
  preprocess("k", text, params, (file) => files[file]);
const run = (text: string, params: Params = {}) => expand(text, params).code;

/** The one line of the error. */
function errorOf(text: string, files: Record<string, string> = {}): string {
  try {
    expand(text, {}, files);
  } catch (error) {
    return (error as Error).message;
  }
  return "none";
}

test("unrolls with expressions, nested", () => {
  const text = "#unroll i in 0..N\n#unroll j in i..2\na{i}_{i*10+j} = x[{(i)}];\n#end\n#end";
  assert.throws(() => run(text), /unknown name 'N'/);
  assert.is(run("#unroll i in 0..N\n#unroll j in i..2\na{i}_{i*10+j};\n#end\n#end", { N: 2 }), "a0_0;\na0_1;\na1_11;");
});

test("keeps one branch, and leaves WGSL braces alone", () => {
  const text = "#if K == 3 && N < 2\nfn f() { return; }\n#else\nfn g() {}\n#end";
  assert.is(run(text, { K: 3, N: 1 }), "fn f() { return; }");
  assert.is(run(text, { K: 3, N: 2 }), "fn g() {}");
});

test("errors name the line", () => {
  assert.is(errorOf("x\n#if 1\n"), "k.wgsl:2: no matching #end: #if 1");
  assert.is(errorOf("#unroll i\n#end"), "k.wgsl:1: expected `#unroll i in A..B`: #unroll i");
  assert.is(errorOf("#frobnicate\n#end"), "k.wgsl:1: unknown directive #frobnicate: #frobnicate");
});

test("includes, and what is included includes", () => {
  const files = { "a.wgsl": 'a\n#include "b.wgsl"', "b.wgsl": "#if N\nb{N}\n#end" };
  const text = 'x\n#include "a.wgsl" // why\ny';
  assert.is(expand(text, { N: 7 }, files).code, "x\na\nb7\ny");
  assert.is(expand(text, { N: 0 }, files).code, "x\na\ny");
  assert.equal([...includesOf(text, (file) => (files as Record<string, string>)[file]).keys()], ["a.wgsl", "b.wgsl"]);
});

test("every line knows where it is written", () => {
  const files = { "a.wgsl": "// a\n#unroll i in 0..2\na{i}\n#end" };
  const { code, places } = expand('x\n#include "a.wgsl"\n#if N\n#else\ny\n#end\nz', { N: 0 }, files);
  assert.is(code, "x\n// a\na0\na1\ny\nz");
  assert.equal(
    places.map(({ file, line }) => `${file}:${line}`),
    ["k.wgsl:1", "a.wgsl:1", "a.wgsl:3", "a.wgsl:3", "k.wgsl:5", "k.wgsl:7"],
  );
});

test("errors before, in and after what is included name its file and line", () => {
  const files = {
    "a.wgsl": '// a\n\n#include "b.wgsl"\n// a',
    "b.wgsl": "// b\n// b",
    "bad.wgsl": "//\nx{N}",
    "open.wgsl": "//\n#if 1\n//",
    "outer.wgsl": '//\n//\n#include "bad.wgsl"',
  };
  assert.is(errorOf('#include "a.wgsl"\n//\nx{N}', files), "k.wgsl:3: unknown name 'N' in 'N': x{N}");
  assert.is(errorOf('#include "a.wgsl"\n#include "bad.wgsl"', files), "bad.wgsl:2: unknown name 'N' in 'N': x{N}");
  assert.is(errorOf('#include "outer.wgsl"', files), "bad.wgsl:2: unknown name 'N' in 'N': x{N}");
  // A branch ends in the file that it begins in.
  assert.is(errorOf('#include "open.wgsl"\n#end', files), "open.wgsl:2: no matching #end: #if 1");
});

test("a file that is not there, includes itself, or comes twice", () => {
  const files = {
    "self.wgsl": '//\n#include "self.wgsl"',
    "a.wgsl": '#include "b.wgsl"',
    "b.wgsl": '\n#include "a.wgsl"',
    "c.wgsl": '//\n#include "d.wgsl"',
    "d.wgsl": "//",
  };
  assert.is(errorOf('\n#include "e.wgsl"'), 'k.wgsl:2: there is no such file to include: #include "e.wgsl"');
  assert.is(errorOf("#include e.wgsl"), 'k.wgsl:1: expected `#include "FILE"`: #include e.wgsl');
  const itself = 'self.wgsl:2: self.wgsl includes itself: #include "self.wgsl"';
  assert.is(errorOf('#include "self.wgsl"', files), itself);
  assert.is(errorOf('#include "a.wgsl"', files), 'b.wgsl:2: a.wgsl includes itself: #include "a.wgsl"');
  const twice = 'k.wgsl:3: d.wgsl is included already, at c.wgsl:2: #include "d.wgsl"';
  assert.is(errorOf('#include "c.wgsl"\n\n#include "d.wgsl"', files), twice);
  // Either branch may have it.
  const either = '#if N\n#include "d.wgsl"\n#else\n#include "d.wgsl"\n#end';
  assert.is(expand(either, { N: 1 }, files).code, "//");
  assert.is(
    [...includesOf('#include "a.wgsl"\n#include "self.wgsl"', (file) => (files as Record<string, string>)[file])]
      .length,
    3,
  );
});

test.run();
