import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Gpu } from "../../../engine/core/gpu";
import type { Tensor } from "../../../engine/core/tensor";
import { add, bceLogits, bceProb, concat, reshape, scale, sigmoid, slice, sumMse } from "../../../engine/ops/index";
import { bceLogitsOp } from "../../../engine/ops/losses";
import { readSafetensors } from "../../../model/files/safetensors";
import { goldenOps } from "../../helpers/golden";
import { testGpu } from "../../helpers/gpu";
import { assertClose } from "../../helpers/ops";
import { sharedFile } from "../../helpers/shared";

const test = suite("losses");

type Loss = (p: Tensor, t: Tensor, divisor?: number) => Tensor;

/** Each element's own loss, and the gradient of their sum by the prediction. */
async function elementwise(gpu: Gpu, loss: Loss, predictions: number[], targets: number[]) {
  return gpu.scopeAsync(async () => {
    const p = gpu.tensor(predictions, [predictions.length]);
    const t = gpu.tensor(targets, [targets.length]);
    p.requiresGrad = true;
    const each = targets.map((_, i) => reshape(loss(slice(p, 0, i, i + 1), slice(t, 0, i, i + 1)), [1]));
    const all = concat(each, 0);
    const losses = await all.data();
    gpu.tape.backward(all, gpu.tensor(new Array<number>(targets.length).fill(1), [targets.length]));
    const grads = await p.grad!.data();
    p.grad!.dispose();
    return { losses, grads };
  });
}

const close = (got: number, want: number, relative: number, absolute: number) =>
  Math.abs(got - want) <= relative * Math.abs(want) + absolute;

/** Smallest normal float32. Below it our kernel takes a probability for 0, as drivers do that flush it. */
const NORMAL = 2 ** -126;

test("bceProb: every edge of the original's clamps", async () => {
  const { rows } = goldenOps().bce_prob_edge;
  const gpu = await testGpu();
  const got = await elementwise(
    gpu,
    bceProb,
    rows.map((r) => r[0]),
    rows.map((r) => r[1]),
  );
  rows.forEach(([p, t, loss, grad], i) => {
    const flushed = p > 0 && p < NORMAL ? rows.find((r) => r[0] === 0 && r[1] === t)! : rows[i];
    const fits = (l: number, g: number) => close(got.losses[i], l, 1e-6, 1e-7) && close(got.grads[i], g, 1e-6, 1e-30);
    assert.ok(
      fits(loss, grad) || fits(flushed[2], flushed[3]),
      `p ${p}, target ${t}: loss ${got.losses[i]} for ${loss}, gradient ${got.grads[i]} for ${grad}`,
    );
  });
});

test("sigmoid, then bceProb: every edge of the original, by the logit", async () => {
  const { rows } = goldenOps().bce_logit_edge;
  const gpu = await testGpu();
  const got = await elementwise(
    gpu,
    (z, t) => bceProb(sigmoid(z), t),
    rows.map((r) => r[0]),
    rows.map((r) => r[1]),
  );
  rows.forEach(([z, t, p, loss, grad], i) => {
    const flushed = p > 0 && p < NORMAL ? rows.find((r) => r[2] === 0 && r[1] === t)! : rows[i];
    const fits = (l: number, g: number) => close(got.losses[i], l, 1e-6, 1e-7) && close(got.grads[i], g, 3e-6, 1e-30);
    assert.ok(
      fits(loss, grad) || fits(flushed[3], flushed[4]),
      `logit ${z}, target ${t}: loss ${got.losses[i]} for ${loss}, gradient ${got.grads[i]} for ${grad}`,
    );
  });
});

test("bceLogits: exact where the clamps would bite", async () => {
  const gpu = await testGpu();
  const logits = [-200, -40, -17, -5, 0, 5, 17, 40, 200, -200, -17, 17, 200];
  const targets = [0, 0.3, 0, 1, 0.5, 0, 1, 0.3, 1, 1, 0.25, 0.75, 0];
  const got = await elementwise(gpu, bceLogits, logits, targets);
  logits.forEach((z, i) => {
    const want = bceLogitsOp.reference(
      [
        { shape: [1], data: Float64Array.of(z) },
        { shape: [1], data: Float64Array.of(Math.fround(targets[i])) },
      ],
      { divisor: 1 },
    ).data[0];
    assert.ok(close(got.losses[i], want, 2e-6, 1e-30), `logit ${z}: loss ${got.losses[i]} for ${want}`);
    assert.ok(close(got.grads[i], 1 / (1 + Math.exp(-z)) - targets[i], 2e-6, 1e-7), `logit ${z}: gradient`);
  });
});

test("a NaN prediction makes every loss NaN", async () => {
  const gpu = await testGpu();
  for (const loss of [sumMse, bceProb, bceLogits]) {
    await gpu.scopeAsync(async () => {
      const p = gpu.tensor([0.5, Number.NaN, 0.25], [3]);
      const value = await loss(p, gpu.tensor([0, 1, 0.5], [3])).item();
      assert.ok(Number.isNaN(value), `${loss.name}: ${value}`);
    });
  }
});

const golden = () => {
  const path = sharedFile("golden/losses.safetensors");
  return path
    ? { tensors: readSafetensors(path), values: JSON.parse(readFileSync(`${path.slice(0, -11)}json`, "utf8")) }
    : null;
};

test("golden sum-MSE and BCE over three stages, with gradients", async () => {
  const files = golden();
  if (!files) return;
  const { tensors, values } = files;
  const gpu = await testGpu();
  const upload = (name: string) => gpu.tensor(tensors.f32(name), tensors.shape(name));
  const cases = [
    { name: "mse", input: "mse.pred", grad: "mse.grad", loss: sumMse },
    { name: "ce1", input: "ce1.pred", grad: "ce1.grad_pred", loss: bceProb },
    { name: "ce7", input: "ce7.pred", grad: "ce7.grad_pred", loss: bceProb },
    {
      name: "ce1",
      input: "ce1.logits",
      grad: "ce1.grad_logits",
      loss: ((z, t, d) => bceProb(sigmoid(z), t, d)) as Loss,
    },
    {
      name: "ce7",
      input: "ce7.logits",
      grad: "ce7.grad_logits",
      loss: ((z, t, d) => bceProb(sigmoid(z), t, d)) as Loss,
    },
  ];
  for (const { name, input, grad, loss } of cases) {
    await gpu.scopeAsync(async () => {
      const x = upload(input);
      const target = upload(`${name}.target_1stage`);
      x.requiresGrad = true;
      const total = overStages(x, (stage) => loss(stage, target, 2 * 46 * 46));
      const value = await total.item();
      assertClose([value], [values[name]], 1e-6, input);
      gpu.tape.backward(total);
      assertClose(await x.grad!.data(), tensors.f32(grad), 1e-5, grad);
      x.grad!.dispose();
    });
  }
});

test("golden limb loss of G1&6: the whole hand's channel and the weighted six parts", async () => {
  const files = golden();
  if (!files) return;
  const { tensors, values } = files;
  const gpu = await testGpu();
  await gpu.scopeAsync(async () => {
    const logits = gpu.tensor(tensors.f32("ce7.logits"), tensors.shape("ce7.logits"));
    const target = gpu.tensor(tensors.f32("ce7.target_1stage"), tensors.shape("ce7.target_1stage"));
    logits.requiresGrad = true;
    const over = (from: number, to: number) =>
      overStages(sigmoid(logits), (p) => bceProb(slice(p, 1, from, to), slice(target, 1, from, to), 2 * 46 * 46));
    const [g1, g6] = [over(0, 1), over(1, 7)];
    const limb = add(g1, scale(g6, 0.2));
    assertClose([await g1.item(), await g6.item()], [values.g1_6.g1, values.g1_6.g6], 2e-6, "losses");
    assertClose([await limb.item()], [values.g1_6.limb_loss_w02], 2e-6, "weighted");
    gpu.tape.backward(limb);
    assertClose(await logits.grad!.data(), tensors.f32("g1_6.grad_logits"), 1e-5, "gradient");
    logits.grad!.dispose();
  });
});

/** Sum over the stages of x [B, stages, C, H, W] of a loss of each one's [B, C, H, W]. */
function overStages(x: Tensor, loss: (stage: Tensor) => Tensor): Tensor {
  const [b, stages, ...rest] = x.shape;
  const terms = Array.from({ length: stages }, (_, s) => loss(reshape(slice(x, 1, s, s + 1), [b, ...rest])));
  return terms.reduce((sum, term) => add(sum, term));
}

test.run();
