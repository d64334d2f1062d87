import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Gpu } from "../../../engine/core/gpu";
import { ramp } from "../../../engine/core/nd";
import type { Shape } from "../../../engine/core/tensor";
import { matmul } from "../../../engine/ops/index";
import { testGpu } from "../../helpers/gpu";

const test = suite("matmul");

/** The product, and the gradients of its sum, of two matrices. */
async function product(gpu: Gpu, [a, b]: { data: ArrayLike<number>; shape: Shape }[]) {
  return gpu.scopeAsync(async () => {
    const leaves = [a, b].map(({ data, shape }) => gpu.tensor(data, shape));
    for (const x of leaves) x.requiresGrad = true;
    const y = matmul(leaves[0], leaves[1]);
    y.backward(gpu.tensor(new Float32Array(y.size).fill(1), y.shape));
    const values = [...(await y.data())];
    const gradients = await Promise.all(leaves.map(async (x) => [...(await x.grad!.data())]));
    for (const x of leaves) x.grad!.dispose();
    return { shape: [...y.shape], values, gradients };
  });
}

test("a depth of a million errs by less than 1e-6", async () => {
  const gpu = await testGpu();
  const n = 1_000_000;
  for (const batch of [[], [2]]) {
    const [a, b] = [ramp([...batch, 2, n], 0, 1), ramp([...batch, n, 1], 0, 1, 2)];
    const { values } = await gpu.scopeAsync(async () => ({
      values: await matmul(gpu.tensor(a.data, a.shape), gpu.tensor(b.data, b.shape)).data(),
    }));
    for (let row = 0; row < values.length; row++) {
      let want = 0;
      const matrix = Math.floor(row / 2);
      for (let k = 0; k < n; k++) want += a.data[row * n + k] * b.data[matrix * n + k];
      assert.ok(Math.abs(values[row] / want - 1) < 1e-6, `row ${row}: ${values[row]} for ${want}`);
    }
  }
});

test("a gradient summed over a million rows errs by less than 1e-6", async () => {
  const gpu = await testGpu();
  const n = 1_000_000;
  const x = ramp([n, 1], 0, 1);
  const { gradients } = await product(gpu, [x, { data: [1], shape: [1, 1] }]);
  const want = x.data.reduce((sum, v) => sum + v, 0);
  assert.ok(Math.abs(gradients[1][0] / want - 1) < 1e-6, `${gradients[1][0]} for ${want}`);
});

test("empty matrices: results and gradients are empty, or zeros, as PyTorch's", async () => {
  const gpu = await testGpu();
  const cases: [Shape, Shape, Shape][] = [
    [
      [0, 3],
      [3, 4],
      [0, 4],
    ],
    [
      [2, 0],
      [0, 3],
      [2, 3],
    ],
    [
      [2, 3],
      [3, 0],
      [2, 0],
    ],
    [
      [5, 2, 0],
      [5, 0, 4],
      [5, 2, 4],
    ],
    [
      [5, 2, 0],
      [0, 4],
      [5, 2, 4],
    ],
    [
      [0, 2, 3],
      [3, 4],
      [0, 2, 4],
    ],
    [
      [1, 2, 3],
      [0, 3, 4],
      [0, 2, 4],
    ],
  ];
  for (const [a, b, y] of cases) {
    const sizes = [a, b, y].map((shape) => shape.reduce((p, q) => p * q, 1));
    const inputs = [a, b].map((shape, i) => ({ shape, data: new Float32Array(sizes[i]).fill(1) }));
    const got = await product(gpu, inputs);
    assert.equal(got.shape, y);
    assert.equal(got.values, new Array(sizes[2]).fill(0), `[${a}] [${b}]`);
    assert.equal(
      got.gradients,
      sizes.slice(0, 2).map((n) => new Array(n).fill(0)),
    );
  }
});

test.run();
