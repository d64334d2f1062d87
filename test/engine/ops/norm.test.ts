import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ramp } from "../../../engine/core/nd";
import { batchNorm, groupNorm } from "../../../engine/ops/index";
import { testGpu } from "../../helpers/gpu";
import { assertClose } from "../../helpers/ops";

const test = suite("norm");

test("training moves the running statistics as PyTorch does, evaluation leaves them", async () => {
  const gpu = await testGpu();
  await gpu.scopeAsync(async () => {
    const [n, c, s] = [3, 5, 4];
    const before = { mean: [0.5, -2, 3, 0, 1], variance: [1, 3, 2, 0.5, 4] };
    const x = ramp([n, c, s], -1, 4);
    const parameters = {
      gamma: gpu.tensor([1, 1, 1, 1, 1], [c]),
      beta: gpu.zeros([c]),
      runningMean: gpu.tensor(before.mean, [c]),
      runningVariance: gpu.tensor(before.variance, [c]),
    };
    const input = gpu.tensor(x.data, x.shape);
    batchNorm(input, parameters, { momentum: 0.3 });
    const expected = before.mean.map((meanBefore, channel) => {
      const values = [...x.data].filter((_, i) => Math.floor(i / s) % c === channel);
      const mean = values.reduce((a, b) => a + b, 0) / values.length;
      const unbiased = values.reduce((a, b) => a + (b - mean) ** 2, 0) / (values.length - 1);
      return { mean: 0.7 * meanBefore + 0.3 * mean, variance: 0.7 * before.variance[channel] + 0.3 * unbiased };
    });
    const check = async () => {
      assertClose(
        await parameters.runningMean.data(),
        expected.map((e) => e.mean),
        1e-6,
        "running mean",
      );
      assertClose(
        await parameters.runningVariance.data(),
        expected.map((e) => e.variance),
        1e-6,
        "running variance",
      );
    };
    await check();
    batchNorm(input, parameters, { training: false });
    await check();
  });
});

test("a large mean does not spoil the variance", async () => {
  const gpu = await testGpu();
  await gpu.scopeAsync(async () => {
    // Values 4096 and 4097 in turn: standard deviation 1/2 exactly.
    const x = gpu.tensor(
      Array.from({ length: 64 }, (_, i) => 4096 + (i % 2)),
      [1, 2, 32],
    );
    const y = await groupNorm(x, { gamma: gpu.tensor([1, 1], [2]), beta: gpu.zeros([2]) }, 1, 0).data();
    assert.equal(
      [...y],
      Array.from({ length: 64 }, (_, i) => (i % 2 ? 1 : -1)),
    );
  });
});

test.run();
