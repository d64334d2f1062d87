import { kernels } from "../../kernels/index";
import {
  defineOp,
  type Gpu,
  mapNd,
  type Nd,
  nd,
  perElement,
  perFour,
  ramp,
  type Shape,
  sameShape,
  sizeOf,
  type Tensor,
  type VjpContext,
  withDefaults,
} from "../core/index";
import { ShapeError } from "../errors/index";
import { binary, MUL } from "./arithmetic";
import { sumMiddle } from "./reduction";

/** Which elements of x [N, C, ...] share a mean and a variance; see kernels/norm.wgsl. */
interface Sharing {
  images: number;
  channels: number;
  pixels: number;
  /** Groups of channels in an image, or 0 where the statistics are each channel's over all images. */
  groups: number;
}

const sharing = (x: Shape, groups: number): Sharing => ({
  images: x[0],
  channels: x[1],
  pixels: sizeOf(x.slice(2)),
  groups,
});

/** How many means (and variances) there are. */
const statistics = (s: Sharing): number => (s.groups === 0 ? s.channels : s.images * s.groups);
/** How many elements share each. */
const members = (s: Sharing): number => (s.images * s.channels * s.pixels) / statistics(s);
const channelsPerGroup = (s: Sharing): number => (s.groups === 0 ? 1 : s.channels / s.groups);

type Step = "squares" | "normalise" | "forGamma" | "byInput" | "byInputConstant";
const STEPS: Record<Step, number> = { squares: 0, normalise: 1, forGamma: 2, byInput: 3, byInputConstant: 4 };

function run(step: Step, s: Sharing, eps: number, y: Tensor, bindings: Record<string, Tensor>): Tensor {
  return perElement(kernels.norm, y, {
    params: { STEP: STEPS[step] },
    uniforms: {
      channels: s.channels,
      pixels: s.pixels,
      groups: s.groups,
      channelsPerGroup: channelsPerGroup(s),
      eps,
      weight: 1 / members(s),
    },
    bindings,
  });
}

/** Sums over each image's channels' pixels: [N, C, ...] to [N, C]. */
const overPixels = (t: Tensor, s: Sharing): Tensor =>
  sumMiddle(t, s.images * s.channels, s.pixels, 1, t.gpu.empty([s.images, s.channels]));

/** factor * sums of [N, C] over the channels or images that share statistics. */
function overMembers(t: Tensor, s: Sharing, factor = 1): Tensor {
  const y = t.gpu.empty([statistics(s)]);
  if (s.groups === 0) return sumMiddle(t, 1, s.images, s.channels, y, factor);
  return sumMiddle(t, s.images * s.groups, channelsPerGroup(s), 1, y, factor);
}

interface Moments {
  mean: Tensor;
  variance: Tensor;
}

/** Mean and (biased) variance of x, in two passes: the variance from squared differences, which do not cancel. */
function moments(x: Tensor, s: Sharing, once = (_: string, make: () => Tensor) => make()): Moments {
  const average = (t: Tensor) => overMembers(overPixels(t, s), s, 1 / members(s));
  const mean = once("mean", () => average(x));
  return { mean, variance: once("variance", () => average(run("squares", s, 0, x.gpu.empty(x.shape), { x, mean }))) };
}

/**
 * The gradients by x, gamma or beta (input 0, 1, 2), with statistics of x itself or, where given, constant ones. Its own
 * are computed again rather than kept since forward.
 */
function normVjp<A>(gpu: Gpu, i: number, c: VjpContext<A>, s: Sharing, eps: number, constant?: Moments): Tensor {
  const { gy } = c;
  const [x, gamma] = [c.input(0), c.input(1)];
  const { mean, variance } = constant ?? moments(x, s, c.once);
  if (i === 0 && constant) return run("byInputConstant", s, eps, c.out(gy.shape), { gy, gamma, variance });
  const gySums = () => c.once("gy", () => overPixels(gy, s));
  const gammaSums = () =>
    c.once("gamma", () => overPixels(run("forGamma", s, eps, gpu.empty(gy.shape), { x, gy, mean, variance }), s));
  if (i > 0) return sumMiddle(i === 1 ? gammaSums() : gySums(), 1, s.images, s.channels, c.out([s.channels]));
  const weighted = (t: Tensor) => overMembers(binary(MUL, t, gamma, gpu.empty(t.shape)), s);
  const [s1, s2] = [weighted(gySums()), weighted(gammaSums())];
  return run("byInput", s, eps, c.out(gy.shape), { x, gy, gamma, mean, variance, s1, s2 });
}

function checkNorm(op: string, shapes: readonly Shape[]): Shape {
  const [x, ...perChannel] = shapes;
  if (x.length < 2) throw new ShapeError(op, "needs [N, C, ...]", shapes);
  if (!perChannel.every((p) => sameShape(p, [x[1]]))) throw new ShapeError(op, `needs ${x[1]} channels`, shapes);
  return x;
}

/** How batch normalisation computes and keeps its statistics. */
export interface BatchNormAttrs {
  /** Normalise by the batch's own statistics and update the running ones; else by the running ones. */
  training: boolean;
  /** How far the running statistics move towards the batch's. */
  momentum: number;
  /** Added to the variance. */
  eps: number;
}

/**
 * Batch normalisation (Ioffe & Szegedy 2015), as PyTorch computes it. Inputs: x [N, C, ...], gamma, beta, running mean and
 * running variance [C]. Training changes the last two in place: running += momentum (batch - running), the batch's
 * variance being the unbiased one there and the biased one in the normalisation.
 */
export const batchNormOp = defineOp<BatchNormAttrs>({
  name: "batchNorm",
  shape(shapes, { training }) {
    const x = checkNorm("batchNorm", shapes);
    if (training && sizeOf(x) <= x[1]) throw new ShapeError("batchNorm", "needs two values a channel to train", shapes);
    return x;
  },
  forward(gpu, [x, gamma, beta, runningMean, runningVariance], y, { training, momentum, eps }) {
    const s = sharing(x.shape, 0);
    const own = training ? moments(x, s) : { mean: runningMean, variance: runningVariance };
    run("normalise", s, eps, y, { x, gamma, beta, ...own });
    if (!training || gpu.tape.recomputing) return;
    const follow = (running: Tensor, batch: Tensor, factor: number) =>
      perFour(kernels.running, running, { uniforms: { rate: momentum, factor }, bindings: { x: batch } });
    follow(runningMean, own.mean, 1);
    follow(runningVariance, own.variance, members(s) / (members(s) - 1));
  },
  saves: ({ training }) => ({ inputs: training ? [0, 1] : [0, 1, 3, 4] }),
  vjp(gpu, i, c) {
    if (i > 2) throw new Error("batchNorm: running statistics have no gradient");
    const { training, eps } = c.attrs;
    const s = sharing(c.gy.shape, 0);
    return normVjp(gpu, i, c, s, eps, training ? undefined : { mean: c.input(3), variance: c.input(4) });
  },
  reference([x, gamma, beta, mean, variance], { training, eps }) {
    const s = sharing(x.shape, 0);
    return normReference(x, gamma, beta, s, eps, training ? undefined : { mean: mean.data, variance: variance.data });
  },
  samples: () =>
    [true, false].flatMap((training) =>
      [[3, 4, 3, 2], [5, 3] as const].map((shape) => ({
        inputs: [
          ramp(shape, -1, 3),
          ramp([shape[1]], 0.5, 2, 1),
          ramp([shape[1]], -1, 1, 2),
          ramp([shape[1]], 0, 2, 3),
          ramp([shape[1]], 0.5, 2, 4),
        ],
        attrs: { training, momentum: 0.1, eps: 1e-5 },
        differentiable: [0, 1, 2],
      })),
    ),
  badShapes: [
    { shapes: [[2, 3, 2, 2], [3], [3], [3], [2]], attrs: { training: true, momentum: 0.1, eps: 1e-5 } },
    { shapes: [[1, 3], [3], [3], [3], [3]], attrs: { training: true, momentum: 0.1, eps: 1e-5 } },
  ],
});

export interface GroupNormAttrs {
  /** Groups the channels are split into; a divisor of their number. */
  groups: number;
  eps: number;
}

/** Group normalisation (Wu & He 2018): x [N, C, ...] by the mean and variance of each image's groups of channels; gamma, beta [C]. */
export const groupNormOp = defineOp<GroupNormAttrs>({
  name: "groupNorm",
  shape(shapes, { groups }) {
    const x = checkNorm("groupNorm", shapes);
    if (!(Number.isInteger(groups) && groups >= 1 && x[1] % groups === 0))
      throw new ShapeError("groupNorm", `${groups} groups do not fit`, shapes);
    return x;
  },
  forward(_, [x, gamma, beta], y, { groups, eps }) {
    const s = sharing(x.shape, groups);
    run("normalise", s, eps, y, { x, gamma, beta, ...moments(x, s) });
  },
  saves: { inputs: [0, 1] },
  vjp(gpu, i, c) {
    return normVjp(gpu, i, c, sharing(c.gy.shape, c.attrs.groups), c.attrs.eps);
  },
  reference: ([x, gamma, beta], { groups, eps }) => normReference(x, gamma, beta, sharing(x.shape, groups), eps),
  samples: () => [
    { inputs: [ramp([2, 6, 3, 2], -1, 3), ramp([6], 0.5, 2, 1), ramp([6], -1, 1, 2)], attrs: { groups: 3, eps: 1e-5 } },
    { inputs: [ramp([3, 4], -1, 3), ramp([4], 0.5, 2, 1), ramp([4], -1, 1, 2)], attrs: { groups: 1, eps: 1e-5 } },
    { inputs: [ramp([1, 3, 5], -1, 3), ramp([3], 0.5, 2, 1), ramp([3], -1, 1, 2)], attrs: { groups: 3, eps: 1e-3 } },
  ],
  badShapes: [{ shapes: [[2, 6, 3], [6], [6]], attrs: { groups: 4, eps: 1e-5 } }],
});

function normReference(
  x: Nd,
  gamma: Nd,
  beta: Nd,
  s: Sharing,
  eps: number,
  given?: { mean: Float64Array; variance: Float64Array },
): Nd {
  const channelOf = (i: number) => Math.floor(i / s.pixels) % s.channels;
  const statisticOf = (i: number) =>
    Math.floor(i / (s.pixels * s.channels)) * s.groups + Math.floor(channelOf(i) / channelsPerGroup(s));
  const average = (values: Float64Array) => {
    const sums = new Float64Array(statistics(s));
    values.forEach((v, i) => {
      sums[statisticOf(i)] += v / members(s);
    });
    return sums;
  };
  const mean = given?.mean ?? average(x.data);
  const variance = given?.variance ?? average(x.data.map((v, i) => (v - mean[statisticOf(i)]) ** 2));
  return mapNd(nd(x.shape, x.data), (v, i) => {
    const [k, c] = [statisticOf(i), channelOf(i)];
    return ((v - mean[k]) / Math.sqrt(variance[k] + eps)) * gamma.data[c] + beta.data[c];
  });
}

/** The parameters of a normalisation, [C] each. */
export interface NormParameters {
  gamma: Tensor;
  beta: Tensor;
}

/**
 * Batch normalisation of x [N, C, ...]. With `training` (the default) it uses the batch's statistics and updates
 * `runningMean` and `runningVariance` in place; without, it uses those. @throws ShapeError, OptionError
 */
export function batchNorm(
  x: Tensor,
  { gamma, beta, runningMean, runningVariance }: NormParameters & { runningMean: Tensor; runningVariance: Tensor },
  options: Partial<BatchNormAttrs> = {},
): Tensor {
  if (runningMean.requiresGrad || runningVariance.requiresGrad) {
    throw new Error(
      "batchNorm: runningMean and runningVariance are not trained; keep them beside the Parameters, as gpu.zeros([C]).keep()",
    );
  }
  const attrs = withDefaults<BatchNormAttrs>("batchNorm", options, { training: true, momentum: 0.1, eps: 1e-5 });
  return batchNormOp.apply([x, gamma, beta, runningMean, runningVariance], attrs);
}

/** Group normalisation of x [N, C, ...]. @throws ShapeError */
export const groupNorm = (x: Tensor, { gamma, beta }: NormParameters, groups: number, eps = 1e-5): Tensor =>
  groupNormOp.apply([x, gamma, beta], { groups, eps });
