import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Gpu } from "../../../engine/core/gpu";
import type { Tensor } from "../../../engine/core/tensor";
import { crossEntropy, logSoftmax, mul, neg, softmax, sum } from "../../../engine/ops/index";
import { testGpu } from "../../helpers/gpu";
import { assertClose } from "../../helpers/ops";

const test = suite("cross-entropy");
const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

/** Rows of three, as numbers. */
async function rows(t: Tensor): Promise<number[][]> {
  const values = [...(await t.data())];
  return values.flatMap((_, i) => (i % 3 === 0 ? [values.slice(i, i + 3)] : []));
}

/** The gradients of a loss of logits 110 apart and probabilities, by both. */
async function farApart(gpu: Gpu, loss: (x: Tensor, t: Tensor) => Tensor) {
  return gpu.scopeAsync(async () => {
    const leaves = [gpu.tensor([110, 0, 0, 110], [2, 2]), gpu.tensor([0.25, 0.75, 0.25, 0.75], [2, 2])];
    for (const leaf of leaves) leaf.requiresGrad = true;
    const y = loss(leaves[0], leaves[1]);
    y.backward();
    const [byLogits, byTargets] = await Promise.all(leaves.map((leaf) => leaf.grad!.data()));
    for (const leaf of leaves) leaf.grad!.dispose();
    return { value: await y.item(), byLogits, byTargets };
  });
}

test("logits 110 apart: loss and gradients are finite and right", async () => {
  const gpu = await testGpu();
  const fused = await farApart(gpu, (x, t) => crossEntropy(x, t, 2));
  assert.is(fused.value, (0.75 * 110 + 0.25 * 110) / 2);
  assertClose(fused.byLogits, [0.375, -0.375, -0.125, 0.125], 1e-6, "by the logits");
  assert.equal([...fused.byTargets], [0, 55, 55, 0]);
  const composed = await farApart(gpu, (x, t) => neg(sum(mul(t, logSoftmax(x)))));
  assert.is(composed.value, 110);
  assertClose(composed.byLogits, [0.75, -0.75, -0.25, 0.25], 1e-6, "through logSoftmax");
  assert.equal([...composed.byTargets], [0, 110, 110, 0]);
});

test("classes and their one-hot probabilities are one loss, along any axis", async () => {
  const gpu = await testGpu();
  await gpu.scopeAsync(async () => {
    const logits = [0.5, -1, 2, 30, 31, 29, 0, 0, 0, -70, 5, 9];
    // Of shape [2, 3, 2], along the middle axis.
    const oneHot = gpu.tensor([0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1], [2, 3, 2]);
    const results: number[][] = [];
    for (const targets of [oneHot, gpu.tensor([1, 2, 1, 2], [2, 2])]) {
      const x = gpu.tensor(logits, [2, 3, 2]);
      x.requiresGrad = true;
      const loss = crossEntropy(x, targets, 1, 1);
      loss.backward();
      results.push([await loss.item(), ...(await x.grad!.data())]);
      x.grad!.dispose();
    }
    assertClose(results[1], results[0], 1e-6, "loss and gradient");
  });
});

test("class -100 leaves its row out; a class that there is not, or a fraction of one, is NaN", async () => {
  const gpu = await testGpu();
  await gpu.scopeAsync(async () => {
    const of = async (classes: number[]) => {
      const x = gpu.tensor([1, 2, 3, 4], [2, 2]);
      x.requiresGrad = true;
      const loss = crossEntropy(x, gpu.tensor(classes, [2]));
      loss.backward();
      const got = { loss: await loss.item(), grad: [...(await x.grad!.data())] };
      x.grad!.dispose();
      return got;
    };
    const left = await of([1, -100]);
    assertClose([left.loss], [0.31326168], 1e-6, "PyTorch's cross_entropy, reduction sum");
    assertClose(left.grad, [0.26894143, -0.26894143, 0, 0], 1e-6, "its gradient");
    for (const none of [2, -1, 0.5, nan, inf, -inf]) {
      const { loss, grad } = await of([1, none]);
      assert.ok(Number.isNaN(loss), `class ${none}: ${loss}`);
      assert.equal(grad.map(Number.isNaN), [false, false, true, true], `class ${none}`);
    }
  });
});

test("infinite logits: softmax, its logarithm and the loss are PyTorch's", async () => {
  const gpu = await testGpu();
  await gpu.scopeAsync(async () => {
    const logits = [inf, 1, 2, -inf, 1, 2, -inf, -inf, -inf, nan, 1, 2, inf, -inf, inf];
    const x = gpu.tensor(logits, [5, 3]);
    x.requiresGrad = true;
    const none = [nan, nan, nan];
    const probabilities = await rows(softmax(x));
    assert.equal([probabilities[0], ...probabilities.slice(2)], [none, none, none, none]);
    assert.is(probabilities[1][0], 0);
    assertClose(probabilities[1], [0, 0.26894143, 0.7310586], 1e-6, "softmax");

    const y = logSoftmax(x);
    const logs = await rows(y);
    assert.equal([logs[0], ...logs.slice(2)], [none, none, none, none]);
    assert.is(logs[1][0], -inf);
    assertClose(logs[1].slice(1), [-1.3132616, -0.31326166], 1e-6, "logSoftmax");
    y.backward(gpu.tensor(new Array(15).fill(1), [5, 3]));
    const gradients = await rows(x.grad!);
    assert.equal([gradients[0], ...gradients.slice(2)], [none, none, none, none]);
    assertClose(gradients[1], [1, 0.19317571, -1.1931758], 1e-6, "gradient of logSoftmax");
    x.grad!.dispose();

    const row = gpu.tensor([-inf, 1, 2], [1, 3]);
    row.requiresGrad = true;
    const loss = crossEntropy(row, gpu.tensor([1], [1]));
    assertClose([await loss.item()], [1.3132616], 1e-6, "loss of a class beside an impossible one");
    loss.backward();
    assertClose(await row.grad!.data(), [0, 0.26894143 - 1, 0.7310586], 1e-6, "its gradient");
    row.grad!.dispose();
    assert.is(await crossEntropy(row, gpu.tensor([0], [1])).item(), inf, "the impossible class");
    assert.ok(Number.isNaN(await crossEntropy(gpu.tensor([inf, 1, 2], [1, 3]), gpu.tensor([1], [1])).item()));
  });
});

test.run();
