// The whole network and its loss against a second, float64 implementation made of the ops' plain references: any width,
// any batch, odd map sizes. Gradients are checked along random directions by differences of that loss.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Nd, nd, ramp } from "../../../engine/core/nd";
import { concatOp } from "../../../engine/ops/concat";
import { conv2dOp } from "../../../engine/ops/conv2d";
import { bceProbOp, sumMseOp } from "../../../engine/ops/losses";
import { maxPool2dOp } from "../../../engine/ops/pool";
import { sigmoidOp } from "../../../engine/ops/sigmoid";
import type { Architecture } from "../../../model/network/network";
import type { Widths } from "../../../model/network/widths";
import { Rng } from "../../../train/data/rng";
import { Learner } from "../../../train/step/learner";
import { testGpu } from "../../helpers/gpu";
import { relativeError } from "../../helpers/ops";

const test = suite("network against a float64 implementation");

interface Case {
  architecture: Architecture;
  widths: Widths;
  limbChannels: number;
  keypointChannels: number;
  batch: number;
  side: number;
}

const cases: Case[] = [
  {
    architecture: "NSRM",
    widths: { vgg: [2, 3, 5, 4], feat: 3, stage: 2, hid: 5 },
    limbChannels: 7,
    keypointChannels: 21,
    batch: 3,
    side: 56,
  },
  {
    architecture: "NSRM",
    widths: { vgg: [1, 2, 3, 3], feat: 7, stage: 3, hid: 1 },
    limbChannels: 1,
    keypointChannels: 5,
    batch: 1,
    side: 72,
  },
  {
    architecture: "CPM",
    widths: { vgg: [3, 2, 2, 5], feat: 4, stage: 3, hid: 2 },
    limbChannels: 1,
    keypointChannels: 17,
    batch: 2,
    side: 8,
  },
];

type Weights = Map<string, Nd>;

function convolve(weights: Weights, name: string, x: Nd, relu = true): Nd {
  const [w, b] = [weights.get(`${name}.weight`)!, weights.get(`${name}.bias`)!];
  return conv2dOp.reference([x, w, b], { padding: (w.shape[2] - 1) / 2, relu });
}

/** The paper's Fig. 2, layer by layer, by the original's names. */
function forward(c: Case, weights: Weights, input: Nd): { limbs: Nd[]; heatmaps: Nd[] } {
  let h = input;
  for (const [i, block] of [
    [0, 2],
    [5, 7],
    [10, 12, 14, 16],
    [19, 21, 23, 25],
  ].entries()) {
    if (i > 0) h = maxPool2dOp.reference([h], { kernel: 2, stride: 2, padding: 0 });
    for (const n of block) h = convolve(weights, `vgg19.backbone.${n}`, h);
  }
  for (const n of [1, 2, 3]) h = convolve(weights, `vgg19.conv5_${n}`, h);
  const features = h;
  const outputs = [convolve(weights, "stage1.stage1_2", convolve(weights, "stage1.stage1_1", features), false)];
  for (const n of [2, 3, 4, 5, 6]) {
    const earlier = c.architecture === "NSRM" && n >= 5 ? [outputs[2], outputs[n - 2]] : [outputs[n - 2]];
    let x = concatOp.reference([features, ...earlier], { axis: 1 });
    for (const i of [1, 2, 3, 4, 5]) x = convolve(weights, `stage${n}.Mconv${i}.conv`, x);
    x = convolve(weights, `stage${n}.Mconv6`, x);
    outputs.push(convolve(weights, `stage${n}.Mconv7`, x, false));
  }
  const limbStages = c.architecture === "NSRM" ? 3 : 0;
  return { limbs: outputs.slice(0, limbStages), heatmaps: outputs.slice(limbStages) };
}

const channels = (x: Nd, from: number, to: number): Nd => {
  const [n, c, h, w] = x.shape;
  const area = h * w;
  const out = nd([n, to - from, h, w]);
  for (let b = 0; b < n; b++) {
    out.data.set(x.data.subarray((b * c + from) * area, (b * c + to) * area), b * (to - from) * area);
  }
  return out;
};

const LIMB_WEIGHT = 0.3;
const PART_WEIGHT = 0.2;

function loss(c: Case, weights: Weights, input: Nd, heat: Nd, limb: Nd): number {
  const { limbs, heatmaps } = forward(c, weights, input);
  const divisor = c.batch * 46 * 46;
  let total = 0;
  for (const map of heatmaps) total += sumMseOp.reference([map, heat], { divisor }).data[0];
  for (const logits of limbs) {
    const p = sigmoidOp.reference([logits], {});
    const bce = (from: number, to: number) =>
      bceProbOp.reference([channels(p, from, to), channels(limb, from, to)], { divisor }).data[0];
    total += LIMB_WEIGHT * bce(0, 1);
    if (c.limbChannels > 1) total += LIMB_WEIGHT * PART_WEIGHT * bce(1, c.limbChannels);
  }
  return total;
}

for (const c of cases) {
  test(`${c.architecture}, ${c.limbChannels} limb channels, batch ${c.batch}, ${c.side} px`, async () => {
    const gpu = await testGpu();
    const learner = new Learner(gpu, c);
    const { parameters } = learner.network;
    const random = new Rng([1, 2, 3, 4]);
    const weights: Weights = new Map();
    for (const { name, shape } of parameters.specs) {
      const scale = shape.length === 4 ? Math.sqrt(2 / (shape[1] * shape[2] * shape[3])) : 0.1;
      const values = nd(shape);
      for (let i = 0; i < values.data.length; i++) values.data[i] = Math.fround(scale * random.normal());
      weights.set(name, values);
      parameters.load(name, Float32Array.from(values.data));
    }
    const map = c.side / 8;
    const input = ramp([c.batch, 3, c.side, c.side], -2, 2, 3);
    const heat = ramp([c.batch, c.keypointChannels, map, map], 0, 1, 4);
    const limb = ramp([c.batch, c.limbChannels, map, map], 0, 1, 5);
    const upload = (x: Nd) => gpu.tensor(x.data, x.shape);

    const want = forward(c, weights, input);
    await gpu.scopeAsync(async () => {
      const got = gpu.tape.noGrad(() => learner.network.forward(upload(input)));
      assert.is(got.limbs.length, want.limbs.length);
      for (const [i, t] of [...got.limbs, ...got.heatmaps].entries()) {
        const error = relativeError(await t.data(), [...want.limbs, ...want.heatmaps][i].data);
        assert.ok(error < 1e-5, `stage ${i + 1}: ${error}`);
      }
    });

    const part = () => ({
      input: upload(input),
      targets: { heat: upload(heat), limb: c.architecture === "NSRM" ? upload(limb) : null },
    });
    const settings = { batch: c.batch, limbWeight: LIMB_WEIGHT, partWeight: PART_WEIGHT, norm: "original" } as const;
    learner.gradients([part], settings);
    const { losses } = await learner.outcome();
    assert.ok(Math.abs(losses.loss / loss(c, weights, input, heat, limb) - 1) < 1e-6, `loss ${losses.loss}`);

    const gradients = await parameters.readArena(parameters.gradients);
    // One direction a tensor: steps along many at once would flip a ReLU somewhere.
    for (const name of parameters.names.filter((_, i) => i % 9 === 0 || i > 96)) {
      const values = weights.get(name)!.data;
      const before = values.slice();
      const direction = values.map(() => random.normal());
      const along = (h: number) => {
        for (let i = 0; i < values.length; i++) values[i] = before[i] + h * direction[i];
        return loss(c, weights, input, heat, limb);
      };
      const h = 1e-7;
      const slope = (along(h) - along(-h)) / (2 * h);
      values.set(before);
      const g = gradients.get(name)!;
      const ours = g.reduce((sum, v, i) => sum + v * direction[i], 0);
      const size = Math.sqrt(g.reduce((sum, v) => sum + v * v, 0)) || 1e-12;
      assert.ok(Math.abs(ours - slope) / size < 1e-3, `${name}: ${ours} by backward, ${slope} by differences`);
    }
    learner.dispose();
  });
}

test.run();
