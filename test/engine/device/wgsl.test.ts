import { suite } from "uvu";
import * as assert from "uvu/assert";
import { preprocess } from "../../../engine/device/wgsl";

const test = suite("wgsl preprocessing");
const run = (text: string, params = {}) => preprocess("k", text, params, () => "// included");

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

test("includes, and errors name the line", () => {
  assert.is(run('#include "a.wgsl"\nx'), "// included\nx");
  assert.throws(() => run("x\n#if 1\n"), /k\.wgsl:2: no matching #end/);
  assert.throws(() => run("#unroll i\n#end"), /expected `#unroll i in A\.\.B`/);
  assert.throws(() => run("#frobnicate\n#end"), /unknown directive/);
});

test.run();
