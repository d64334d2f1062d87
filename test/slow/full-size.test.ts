// The full-size network against the original's numbers: one forward and backward at 368 x 368. Takes about a minute and
// 2 GB on a software driver, so it runs only when asked for: NSRM_FULL=1 npm test -- full-size
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { sizeOf } from "../../engine/core/tensor";
import { sigmoid } from "../../engine/ops/index";
import { HAND } from "../../masks/hand";
import { renderTargets } from "../../masks/render";
import { readSafetensors } from "../../model/files/safetensors";
import { FULL_WIDTHS } from "../../model/network/widths";
import { normalise } from "../../train/data/normalise";
import { toMapUnits } from "../../train/pose/index";
import { Learner } from "../../train/step/learner";
import { testGpu } from "../helpers/gpu";
import { sharedFile } from "../helpers/shared";

const test = suite("full size");

/** The golden weights are defined by this hash, so that no weight file is needed. */
function hash32(value: number): number {
  let x = value >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}

const SEED = Math.imul(1, 0x9e3779b9);

function loadHashWeights(learner: Learner, first3: Record<string, number[]>): void {
  const { parameters } = learner.network;
  let offset = 0;
  for (const { name, shape } of parameters.specs) {
    const bound = shape.length === 4 ? Math.sqrt(6 / (shape[1] * shape[2] * shape[3])) : 0.05;
    const values = Float32Array.from({ length: sizeOf(shape) }, (_, i) => {
      return ((hash32(offset + i + SEED) >>> 8) * 2 ** -23 - 1) * bound;
    });
    assert.equal([...values.slice(0, 3)], first3[name], `${name}: the first three weights`);
    parameters.load(name, values);
    offset += values.length;
  }
  assert.is(offset, 36_613_396);
}

function largestDifference(got: Float32Array, want: Float32Array): number {
  return got.reduce((worst, v, i) => Math.max(worst, Math.abs(v - want[i])), 0);
}

test("forward and backward equal the original's", async () => {
  const golden = sharedFile("golden/full_hash_golden.json");
  if (!golden) return;
  const expected = JSON.parse(readFileSync(golden, "utf8"));
  const maps = readSafetensors(sharedFile("golden/full_hash_golden.safetensors")!);
  const images = readSafetensors(sharedFile("golden/preprocess.safetensors")!);
  const gpu = await testGpu();
  const learner = new Learner(gpu, {
    architecture: "NSRM",
    widths: FULL_WIDTHS,
    limbChannels: 7,
    keypointChannels: 21,
  });
  loadHashWeights(learner, expected.first3);

  const image = { data: images.bytes("00000009.resized_bicubic_rgb"), width: 368, height: 368 };
  const input = normalise(image, new Float32Array(3 * 368 * 368));
  const [width, height] = images.f64("00000009.wh");
  const labels = toMapUnits({ points: images.f64("00000009.labels_px"), width, height }, 368, false);
  const batch = () => {
    const [heat, limb] = [gpu.empty([1, 21, 46, 46]), gpu.empty([1, 7, 46, 46])];
    renderTargets(gpu, HAND, labels, { heat, limb }, { kind: "LPM", grouping: "G1_6" });
    return { input: gpu.tensor(input, [1, 3, 368, 368]), targets: { heat, limb } };
  };

  const started = performance.now();
  await gpu.tape.noGradAsync(() =>
    gpu.scopeAsync(async () => {
      const output = learner.network.forward(batch().input);
      const area = 46 * 46;
      const limbs = maps.f32("limb_maps_sigmoid");
      const conf = maps.f32("conf_maps");
      for (const stage of [0, 1, 2]) {
        const limb = await sigmoid(output.limbs[stage]).data();
        const heat = await output.heatmaps[stage].data();
        const limbError = largestDifference(limb, limbs.subarray(stage * 7 * area, (stage + 1) * 7 * area));
        const heatError = largestDifference(heat, conf.subarray(stage * 21 * area, (stage + 1) * 21 * area));
        console.log(`    stage ${stage + 1}: limb ${limbError.toExponential(1)}, heat ${heatError.toExponential(1)}`);
        assert.ok(limbError < 5e-5 && heatError < 5e-5, `stage ${stage + 1} of the maps`);
      }
    }),
  );
  const forward = performance.now();
  learner.gradients([batch], { batch: 1, limbWeight: 0.1, partWeight: 0.2, norm: "original" });
  const { losses } = await learner.outcome();
  const gradients = await learner.network.parameters.readArena(learner.network.parameters.gradients);
  const backward = performance.now();
  const lossError = Math.abs(losses.loss / expected.loss_f64.total - 1);
  assert.ok(lossError < 1e-5, `loss ${losses.loss}`);
  let worst = 0;
  for (const [name, g] of gradients) {
    const norm = Math.sqrt(g.reduce((sum, v) => sum + v * v, 0));
    worst = Math.max(worst, Math.abs(norm / expected.grads[name].l2_f64 - 1));
  }
  assert.ok(worst < 1e-3, `gradient norms: ${worst}`);
  const seconds = (ms: number) => (ms / 1000).toFixed(1);
  console.log(
    `    loss ${lossError.toExponential(1)}, gradient norms ${worst.toExponential(1)} relative; forward ` +
      `${seconds(forward - started)} s, forward and backward ${seconds(backward - forward)} s, ` +
      `peak GPU memory ${(gpu.pool.peakBytes / 2 ** 20).toFixed(0)} MiB`,
  );
  learner.dispose();
});

test.run();
