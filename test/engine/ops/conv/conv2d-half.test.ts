import { suite } from "uvu";
import * as assert from "uvu/assert";
import { nd } from "../../../../engine/core/nd";
import { cast, conv2d } from "../../../../engine/ops/index";
import { kernels } from "../../../../kernels/index";
import { checkHalfConv, convOnGpu, hasHalf, variantsFor } from "../../../helpers/conv";
import { testGpu } from "../../../helpers/gpu";

const test = suite("conv2d in float16");

test("wide kernels, by every variant", async () => {
  const { adapter } = await testGpu();
  if (!hasHalf(adapter)) return;
  const [x, w, attrs] = [[2, 7, 5, 6], [17, 7, 7], { padding: 3 }];
  await checkHalfConv(variantsFor(adapter, x, w, attrs), x, w, { ...attrs, relu: true });
});

test("the gradient by the bias is summed in float32", async () => {
  const gpu = await testGpu();
  if (!hasHalf(gpu.adapter)) return;
  const [x, gy] = [nd([1, 1, 40, 40]), nd([1, 1, 40, 40])];
  gy.data.fill(1 + 1 / 256);
  const { db } = await convOnGpu([x, nd([1, 1, 1, 1]), nd([1])], gy, {}, "f16");
  assert.equal([...db], [1600 + 1600 / 256]);
});

test("values beyond float16 become infinite, and NaN stays", async () => {
  const gpu = await testGpu();
  if (!hasHalf(gpu.adapter)) return;
  await gpu.scopeAsync(async () => {
    const x = cast(gpu.tensor([300, 1, Number.NaN, -300], [1, 1, 1, 4]), "f16");
    const y = await conv2d(x, gpu.tensor([300], [1, 1, 1, 1])).data();
    assert.equal([...y], [Number.POSITIVE_INFINITY, 300, Number.NaN, Number.NEGATIVE_INFINITY]);
  });
});

test("an element type that an op or a kernel cannot take is refused before anything runs", async () => {
  const gpu = await testGpu();
  if (!hasHalf(gpu.adapter)) return;
  gpu.scope(() => {
    const x = cast(gpu.tensor([1, 2], [1, 1, 1, 2]), "f16");
    const w = gpu.tensor([1], [1, 1, 1, 1]);
    const refused = (body: () => unknown, why: RegExp) =>
      assert.throws(body, (e: Error) => e.name === "DtypeError" && why.test(e.message));
    refused(() => conv2d(x, cast(w, "f16")), /^conv2d: takes f32 throughout or f16, f32, not f16, f16; cast first$/);
    const uniforms = { count: 1, n: 2, parts: 1, inner: 1, factor: 1 };
    const sum = {
      kernel: kernels.reduce,
      params: { OP: 0 },
      uniforms,
      bindings: { x, y: gpu.empty([]) },
      workgroups: [1],
    } as const;
    refused(() => gpu.dispatch(sum), /^reduce .*: takes f32 as 'x', not f16$/);
    refused(() => gpu.copy(x, gpu.empty(x.shape)), /^copy: from f16 to f32$/);
    refused(() => gpu.write(x, [1, 2]), /^write: uploads are float32/);
  });
});

test.run();
