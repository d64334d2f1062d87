import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ramp } from "../../../engine/core/nd";
import { argMax, argMin, max, min, sum } from "../../../engine/ops/index";
import { testGpu } from "../../helpers/gpu";

const test = suite("extrema");

test("300,000 values along an axis: the first of equals, and NaN, wherever they are", async () => {
  const gpu = await testGpu();
  const n = 300_000;
  const values = Float32Array.from(ramp([2, n, 3]).data);
  /** Of value (row, k, column). */
  const at = (row: number, k: number, column: number) => (row * n + k) * 3 + column;
  for (const k of [299_999, 150_001, 70_007]) values[at(0, k, 1)] = 5;
  for (const k of [123_456, 234_567]) values[at(0, k, 2)] = -5;
  for (const k of [222_222, 111_111]) values[at(1, k, 0)] = Number.NaN;
  await gpu.scopeAsync(async () => {
    const x = gpu.tensor(values, [2, n, 3]);
    const largest = await max(x, [1]).data();
    const smallest = await min(x, 1, true).data();
    const [first, last] = [await argMax(x, 1).data(), await argMin(x, -2).data()];
    assert.equal([largest[1], first[1], smallest[2], last[2]], [5, 70_007, -5, 123_456]);
    assert.equal([largest[3], first[3], smallest[3], last[3]].map(String), ["NaN", "111111", "NaN", "111111"]);
    for (const [row, column] of [
      [0, 0],
      [0, 1],
      [1, 2],
    ]) {
      const own = values.filter((_, i) => Math.floor(i / (3 * n)) === row && i % 3 === column);
      const i = row * 3 + column;
      const [high, low] = [own.reduce((a, b) => Math.max(a, b)), own.reduce((a, b) => Math.min(a, b))];
      assert.equal([largest[i], smallest[i]], [high, low]);
      assert.equal([first[i], last[i]], [own.indexOf(high), own.indexOf(low)]);
    }
    assert.ok(Number.isNaN(await max(x).item()));
    assert.is(await argMax(x).item(), at(1, 111_111, 0));
  });
});

test("a tie's gradient is shared evenly, over several axes and passes too", async () => {
  const gpu = await testGpu();
  await gpu.scopeAsync(async () => {
    const shape = [2, 40, 2, 50];
    const values = new Float32Array(8000).fill(-1);
    // Two of the largest where the third axis is 0, four where it is 1.
    for (const [row, third, column] of [
      [0, 0, 3],
      [79, 0, 49],
      [5, 1, 0],
      [5, 1, 1],
      [40, 1, 7],
      [62, 1, 8],
    ])
      values[(row * 2 + third) * 50 + column] = 4;
    const x = gpu.tensor(values, shape);
    x.requiresGrad = true;
    const y = max(x, [0, 1, 3]);
    assert.equal([...y.shape], [2]);
    y.backward(gpu.tensor([1, 2], [2]));
    const gradient = await x.grad!.data();
    assert.equal([...gradient].filter((g) => g !== 0).length, 6);
    values.forEach((v, i) => {
      assert.is(gradient[i], v === 4 ? 0.5 : 0, `value ${i}`);
    });
    x.grad!.dispose();
  });
});

test("no gradient flows through an index", async () => {
  const gpu = await testGpu();
  gpu.scope(() => {
    const x = gpu.tensor([1, 3, 2], [3]);
    x.requiresGrad = true;
    assert.is(sum(argMax(x, 0, true)).requiresGrad, false);
  });
});

test.run();
