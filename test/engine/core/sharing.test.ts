import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Gpu } from "../../../engine/core/gpu";
import type { Tensor } from "../../../engine/core/tensor";
import { add, mul, reshape, scale, sub, sum } from "../../../engine/ops/index";
import { testGpu } from "../../helpers/gpu";

// Gradients that pass an op unchanged share memory with it, and so do views. Nobody may notice.
const test = suite("sharing");

const leaf = (gpu: Gpu, values: number[]): Tensor => {
  const t = gpu.tensor(values, [values.length]);
  t.requiresGrad = true;
  return t;
};

const values = async (t: Tensor | null) => [...(await t!.data())];

test("an input that occurs twice gets both gradients", async () => {
  const gpu = await testGpu();
  await gpu.scopeAsync(async () => {
    for (const [f, want] of [
      [add, [2, 2]],
      [mul, [6, -8]],
      [sub, [0, 0]],
    ] as const) {
      const x = leaf(gpu, [3, -4]);
      gpu.tape.backward(sum(f(x, x)));
      assert.equal(await values(x.grad), want);
      x.grad!.dispose();
    }
  });
});

test("an input that occurs twice, with its slot in a gradient arena", async () => {
  const gpu = await testGpu();
  await gpu.scopeAsync(async () => {
    const x = leaf(gpu, [3, -4]);
    x.grad = gpu.zeros([2]);
    x.gradIsFresh = true;
    gpu.tape.backward(sum(mul(x, x)));
    assert.equal(await values(x.grad), [6, -8]);
  });
});

test("leaves of one sum do not share their gradients, nor the seed", async () => {
  const gpu = await testGpu();
  await gpu.scopeAsync(async () => {
    const [a, b] = [leaf(gpu, [1, 2]), leaf(gpu, [3, 4])];
    const seed = gpu.tensor([10, 20], [2]);
    gpu.tape.backward(add(a, b), seed);
    gpu.tape.backward(scale(a, 3), seed);
    assert.equal(await values(a.grad), [40, 80]);
    assert.equal(await values(b.grad), [10, 20]);
    assert.equal(await values(seed), [10, 20]);
    for (const t of [a, b]) t.grad!.dispose();
  });
});

test("a value used twice downstream sums its gradients without changing a shared one", async () => {
  const gpu = await testGpu();
  await gpu.scopeAsync(async () => {
    const [a, b] = [leaf(gpu, [1, 2]), leaf(gpu, [3, 4])];
    const y = scale(a, 2);
    gpu.tape.backward(sum(add(add(y, b), y)));
    assert.equal(await values(a.grad), [4, 4]);
    assert.equal(await values(b.grad), [1, 1]);
    for (const t of [a, b]) t.grad!.dispose();
  });
});

test("a reshaped tensor outlives the one it views, and the memory comes back with the last", async () => {
  const gpu = await testGpu();
  const before = gpu.pool.liveBytes;
  const x = gpu.tensor([1, 2, 3, 4, 5, 6], [2, 3]);
  const y = reshape(x, [3, 2]);
  assert.is(y.storage, x.storage, "nothing is copied");
  x.dispose();
  assert.equal([...y.shape], [3, 2]);
  assert.equal(await values(y), [1, 2, 3, 4, 5, 6]);
  y.dispose();
  assert.is(gpu.pool.liveBytes, before);
});

test.run();
