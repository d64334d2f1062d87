import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Gpu } from "../../../engine/core/gpu";
import type { Tensor } from "../../../engine/core/tensor";
import { computeLosses, type LossSettings, packLosses } from "../../../train/step/losses";
import { testGpu } from "../../helpers/gpu";
import { numbers } from "../../helpers/tiny";

const test = suite("losses of a step");

const [B, H, W] = [2, 3, 5];

/** Three limb stages of `channels` and three keypoint stages, with their targets. */
function maps(gpu: Gpu, channels: number) {
  const make = (c: number, seed: number, low: number, high: number) =>
    gpu.tensor(numbers(B * c * H * W, seed, low, high), [B, c, H, W]);
  const limbs = channels ? [1, 2, 3].map((seed) => make(channels, seed, -3, 3)) : [];
  const heatmaps = [4, 5, 6].map((seed) => make(21, seed, -1, 1));
  const features = gpu.zeros([1]);
  return {
    output: { features, limbs, heatmaps },
    targets: { heat: make(21, 7, 0, 1), limb: channels ? make(channels, 8, 0, 1) : null },
  };
}

type Case = ReturnType<typeof maps>;

/** The same in float64, written as the sums are defined. */
async function expected({ output, targets }: Case, { batch, limbWeight, partWeight, norm }: LossSettings) {
  const divisor = batch * (norm === "original" ? 46 * 46 : H * W);
  const heat = await targets.heat.data();
  let cm = 0;
  for (const t of output.heatmaps) for (const [i, p] of (await t.data()).entries()) cm += (p - heat[i]) ** 2 / divisor;
  let [g1, g6] = [0, 0];
  if (targets.limb) {
    const want = await targets.limb.data();
    const channels = targets.limb.shape[1];
    for (const t of output.limbs) {
      for (const [i, logit] of (await t.data()).entries()) {
        const p = 1 / (1 + Math.exp(-logit));
        const term = -(want[i] * Math.log(p) + (1 - want[i]) * Math.log(1 - p)) / divisor;
        if (Math.floor(i / (H * W)) % channels === 0) g1 += term;
        else g6 += term;
      }
    }
  }
  const limb = g1 + partWeight * g6;
  return [cm + limbWeight * limb, cm, limb, g1, g6];
}

async function check(channels: number, settings: LossSettings): Promise<void> {
  const gpu = await testGpu();
  await gpu.scopeAsync(async () => {
    const one = maps(gpu, channels);
    const got = await packLosses(computeLosses(one.output, one.targets, settings)).data();
    const want = await expected(one, settings);
    for (const [i, name] of ["loss", "cm", "limb", "g1", "g6"].entries()) {
      assert.ok(Math.abs(got[i] - want[i]) <= 2e-6 * Math.abs(want[i]), `${name}: ${got[i]} for ${want[i]}`);
    }
  });
}

test("seven limb channels: the whole hand and the weighted parts", () =>
  check(7, { batch: 2, limbWeight: 0.1, partWeight: 0.2, norm: "original" }));

test("one limb channel", () => check(1, { batch: 2, limbWeight: 0.5, partWeight: 0.2, norm: "original" }));

test("divided by the map's own size", () => check(7, { batch: 2, limbWeight: 0.1, partWeight: 0.2, norm: "map" }));

test("part of a batch of five", () => check(7, { batch: 5, limbWeight: 0.1, partWeight: 0.2, norm: "map" }));

test("the baseline has no limbs", () => check(0, { batch: 2, limbWeight: 0.5, partWeight: 0.2, norm: "original" }));

test("the original's default part weight of 0 trains the whole hand's channel alone", async () => {
  const gpu = await testGpu();
  await gpu.scopeAsync(async () => {
    const { output, targets } = maps(gpu, 7);
    const logits: Tensor = output.limbs[1];
    logits.requiresGrad = true;
    const settings = { batch: 2, limbWeight: 0.1, partWeight: 0, norm: "map" } as const;
    gpu.tape.backward(computeLosses(output, targets, settings).total);
    const gradient = await logits.grad!.data();
    for (const [i, g] of gradient.entries()) {
      assert.is(g !== 0, Math.floor(i / (H * W)) % 7 === 0, `element ${i}: ${g}`);
    }
    logits.grad!.dispose();
  });
});

test.run();
