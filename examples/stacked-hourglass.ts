// NSRM's loss on another backbone: a small stacked hourglass (Newell et al., ECCV 2016) whose first stack learns the
// limb masks and whose second finds the keypoints, on hands that a kernel draws.
import {
  Adam,
  add,
  initialise,
  maxPool2d,
  openGpu,
  Parameters,
  relu,
  type Tensor,
  upsample2x,
} from "nsrm-webgpu/engine";
import { groupsOf, HAND, renderTargets } from "nsrm-webgpu/masks";
import { applyConv, type ConvSpec, conv, parameterSpecs } from "nsrm-webgpu/model";
import { computeLosses, SyntheticDataset, stream } from "nsrm-webgpu/train";

const [STEPS, BATCH, SIDE, STRIDE, WIDTH, DEPTH] = [Number(process.argv[2] ?? 60), 4, 64, 4, 16, 2];
const [LIMBS, JOINTS] = [groupsOf(HAND, "G1_6").length, HAND.joints.length];

/** Every layer by name, as it is declared: parameters are made of them, and forward looks them up. */
const layers = new Map<string, ConvSpec>();
const declare = (name: string, inChannels: number, outChannels: number, kernel: number, withRelu = true) =>
  layers.set(name, conv(name, inChannels, outChannels, kernel, withRelu));

const residuals = ["bottom"];
for (let d = 1; d <= DEPTH; d++) residuals.push(`skip${d}`, `down${d}`, `up${d}`);
declare("stem1", 3, WIDTH, 7);
declare("stem2", WIDTH, WIDTH, 3);
for (const stack of ["limbs", "joints"]) {
  for (const r of residuals) {
    declare(`${stack}.${r}.a`, WIDTH, WIDTH, 3);
    declare(`${stack}.${r}.b`, WIDTH, WIDTH, 3, false);
  }
}
declare("limbs.out", WIDTH, LIMBS, 1, false);
declare("limbs.back", LIMBS, WIDTH, 1, false);
declare("joints.out", WIDTH, JOINTS, 1, false);

const gpu = await openGpu();
const parameters = new Parameters(gpu, parameterSpecs([...layers.values()]));
initialise(parameters, "torch", stream(0, "init"));
const adam = new Adam(parameters);

const run = (name: string, x: Tensor) => applyConv(parameters, layers.get(name)!, x);
const residual = (name: string, x: Tensor) => relu(add(x, run(`${name}.b`, run(`${name}.a`, x))));
const halve = (x: Tensor) => maxPool2d(x, { kernel: 2 });

/** Down to half the size and back, and at each size a way across. x [B, WIDTH, h, w] -> the same shape */
function hourglass(stack: string, x: Tensor, depth = DEPTH): Tensor {
  const low = residual(`${stack}.down${depth}`, halve(x));
  const inner = depth > 1 ? hourglass(stack, low, depth - 1) : residual(`${stack}.bottom`, low);
  return add(residual(`${stack}.skip${depth}`, x), upsample2x(residual(`${stack}.up${depth}`, inner)));
}

/** image [B, 3, S, S] -> limb logits [B, 7, S/4, S/4], confidence maps [B, 21, S/4, S/4] */
function forward(image: Tensor) {
  const features = halve(run("stem2", halve(run("stem1", image))));
  const first = hourglass("limbs", features);
  const limbs = run("limbs.out", first);
  const second = hourglass("joints", add(add(features, first), run("limbs.back", limbs)));
  return { limbs: [limbs], heatmaps: [run("joints.out", second)] };
}

const hands = new SyntheticDataset(gpu, { seed: 0, splitName: "train", size: STEPS * BATCH, imageSize: SIDE });
const map = SIDE / STRIDE;

for (let step = 0; step < STEPS; step++) {
  const indices = Array.from({ length: BATCH }, (_, i) => step * BATCH + i);
  gpu.scope(() => {
    const image = gpu.empty([BATCH, 3, SIDE, SIDE]);
    hands.renderInto(image, indices);
    const labels = Float64Array.from(indices.flatMap((n) => [...hands.points(n)].map((px) => px / STRIDE)));
    const targets = { heat: gpu.empty([BATCH, JOINTS, map, map]), limb: gpu.empty([BATCH, LIMBS, map, map]) };
    renderTargets(gpu, HAND, labels, targets, { kind: "LPM", grouping: "G1_6" });

    parameters.zeroGrad();
    const settings = { batch: BATCH, limbWeight: 0.1, partWeight: 1, norm: "map" } as const;
    const { total } = computeLosses(forward(image), targets, settings);
    total.backward();
    adam.step(5e-3, total);
  });
  if (step % 10 === 0 || step === STEPS - 1) {
    console.log(`step ${step}: loss ${(await adam.report()).loss.toFixed(4)}`);
  }
}
await gpu.close();
