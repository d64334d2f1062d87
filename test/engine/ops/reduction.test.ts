import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ramp } from "../../../engine/core/nd";
import { ShapeError } from "../../../engine/errors/errors";
import { add, addScalar, mean, scale, sum, sumMse } from "../../../engine/ops/index";
import { kernels } from "../../../kernels/index";
import { testGpu } from "../../helpers/gpu";

const test = suite("reduction");

test("300,000 terms: within 1e-6 of the float64 sum", async () => {
  const gpu = await testGpu();
  const n = 300_000;
  const values = ramp([n], 0, 1);
  const total = values.data.reduce((a, b) => a + b, 0);
  const squares = values.data.reduce((a, b) => a + b * b, 0);
  await gpu.scopeAsync(async () => {
    const x = gpu.tensor(values.data, [n]);
    const relative = (got: number, want: number) => Math.abs(got / want - 1);
    assert.ok(relative(await sum(x).item(), total) < 1e-6, "sum");
    assert.ok(relative(await mean(x).item(), total / n) < 1e-6, "mean");
    assert.ok(relative(await sumMse(x, gpu.zeros([n]), 7).item(), squares / 7) < 1e-6, "sum of squares");
  });
});

test("the same bits on every run", async () => {
  const gpu = await testGpu();
  await gpu.scopeAsync(async () => {
    const x = gpu.tensor(ramp([100, 700], -1, 1).data, [100, 700]);
    const bits = new Set<string>();
    for (let i = 0; i < 20; i++) bits.add([await sum(x).item(), ...(await sum(x, [0]).data())].join());
    assert.is(bits.size, 1);
  });
});

test("more elements than one dimension of workgroups holds", async () => {
  const gpu = await testGpu();
  const n = gpu.limits.maxComputeWorkgroupsPerDimension * 64 + 3;
  await gpu.scopeAsync(async () => {
    const y = addScalar(gpu.zeros([n]), 0.25);
    assert.is(await sum(y).item(), n / 4);
  });
});

test("a convolution's gradient by the bias: its tree of 256, as on a real GPU, adds up on this adapter too", async () => {
  const gpu = await testGpu();
  const [n, co, plane] = [2, 3, 301];
  await gpu.scopeAsync(async () => {
    // Multiples of 1/8: every partial sum is exact.
    const values = Float32Array.from({ length: n * co * plane * 4 }, (_, i) => ((i * 7919) % 97) / 8);
    const want = [0, 0, 0];
    for (const [i, v] of values.entries()) want[Math.floor(i / (plane * 4)) % co] += v;
    const [dy, db] = [gpu.tensor(values, [n, co, 1, plane * 4]), gpu.empty([co])];
    const uniforms = { n, co, plane };
    gpu.dispatch({ kernel: kernels.conv_db, params: { WG: 256 }, uniforms, bindings: { dy, db }, workgroups: [co] });
    assert.equal([...(await db.data())], want);
  });
});

test("axes in any order, with and without keeping them", async () => {
  const gpu = await testGpu();
  await gpu.scopeAsync(async () => {
    const x = gpu.tensor([1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 2]);
    assert.equal([...(await sum(x, [2, 0]).data())], [14, 22]);
    assert.equal([...sum(x, [-1, 0], true).shape], [1, 2, 1]);
    assert.equal([...(await mean(x, [1]).data())], [2, 3, 6, 7]);
    assert.equal([...sum(x).shape], []);
  });
});

test("broadcasting of five and more separate axes; more than eight are refused", async () => {
  const gpu = await testGpu();
  await gpu.scopeAsync(async () => {
    const alternating = (rank: number, first: number) =>
      Array.from({ length: rank }, (_, d) => (d % 2 === first ? 2 : 1));
    const pair = (rank: number) => [0, 1].map((first) => gpu.zeros(alternating(rank, first)));
    const [a, b] = pair(8);
    const y = add(addScalar(a, 1), scale(addScalar(b, 1), 2));
    assert.is(await sum(y).item(), 3 * 2 ** 8);
    const [c, d] = pair(9);
    assert.throws(
      () => add(c, d),
      (e: unknown) => e instanceof ShapeError,
    );
  });
});

test.run();
