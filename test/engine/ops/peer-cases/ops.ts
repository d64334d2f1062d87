import type { Shape, Tensor } from "../../../../engine/core/tensor";
import {
  abs,
  add,
  addScalar,
  argMax,
  argMin,
  avgPool2d,
  batchNorm,
  bceLogits,
  clip,
  concat,
  crossEntropy,
  div,
  exp,
  log,
  logSoftmax,
  matmul,
  max,
  maximum,
  maxPool2d,
  mean,
  min,
  minimum,
  mul,
  neg,
  ones,
  pow,
  relu,
  reshape,
  scale,
  sigmoid,
  slice,
  softmax,
  sqrt,
  square,
  stack,
  sub,
  sum,
  sumMse,
  tanh,
  transpose,
  upsample2x,
  where,
} from "../../../../engine/ops/index";
import type { Operand } from "../../../../engine/ops/operands";
import type { Case } from "./case";
import { elu, reciprocal, softplus, variance } from "./spell/elementwise";
import {
  asImages,
  asWeights,
  type ConvAttrs,
  channelsFirst,
  convolve,
  depthwise,
  type Pad,
  type PoolAttrs,
  pooled,
} from "./spell/images";
import { type LossAttrs, reduced, smooth } from "./spell/losses";
import {
  batchToSpace,
  cut,
  einsum,
  expandDims,
  filled,
  forward,
  reverse,
  type Sides,
  spaceToBatch,
  surround,
  without,
} from "./spell/shapes";

type Inputs = readonly Tensor[];

/** A plain number in the place of one of two tensors. */
interface NumberAttrs {
  left?: number;
  right?: number;
}

const operands = ([a, b]: Inputs, { left, right }: NumberAttrs): [Operand, Operand] =>
  left === undefined ? [a, right ?? b] : [left, a];

interface ReductionAttrs {
  axes?: readonly number[];
  keepdims?: boolean;
}

/** Blocks of so many along each axis after the first, and what is cut off or added around them. */
interface BlockAttrs extends Sides {
  block: readonly number[];
}

/** What may follow a fused product. */
type Activation = "relu" | "relu6" | "elu" | "sigmoid";

/** The vector norm of absolute values; over two axes the matrix norm, a greatest or least sum of rows or columns. */
function norm(x: Tensor, ord: number, { axes, keepdims = false }: ReductionAttrs): Tensor {
  const pick = ord > 0 ? max : min;
  if (axes?.length !== 2) return ord === 1 ? sum(x, axes, keepdims) : pick(x, axes, keepdims);
  const [rows, columns] = axes;
  const y = pick(sum(x, [ord === 1 ? rows : columns], true), axes, true);
  return keepdims ? y : reshape(y, without(y.shape, axes));
}

function transposed(x: Tensor, really = false): Tensor {
  return really ? transpose(x) : x;
}

function normParameters(inputs: Inputs, names: readonly string[]) {
  const [x] = inputs;
  const given = (name: string, value: number) =>
    inputs[names.indexOf(name)] ?? filled(x, [x.shape[x.shape.length - 1]], value);
  return {
    mean: given("mean", 0),
    variance: given("variance", 1),
    offset: given("offset", 0),
    scale: given("scale", 1),
  };
}

interface NormAttrs {
  /** What the inputs are, where they are not all of these. */
  inputs?: readonly string[];
  eps: number;
}

const NORM_INPUTS = ["x", "mean", "variance", "offset", "scale"];

/**
 * Every op of the tables and how the engine spells it. Layouts are the origin's on both sides: the engine's own are made
 * here, so that gradients come back in the origin's too.
 */
export const ops = {
  add: (x: Inputs, number: NumberAttrs) => add(...operands(x, number)),
  addN: (x: Inputs) => x.reduce(add),
  sub: (x: Inputs, number: NumberAttrs) => sub(...operands(x, number)),
  mul: (x: Inputs, number: NumberAttrs) => mul(...operands(x, number)),
  div: (x: Inputs, number: NumberAttrs) => div(...operands(x, number)),
  pow: (x: Inputs, number: NumberAttrs) => pow(...operands(x, number)),
  maximum: (x: Inputs, number: NumberAttrs) => maximum(...operands(x, number)),
  minimum: (x: Inputs, number: NumberAttrs) => minimum(...operands(x, number)),
  where: ([condition, a, b]: Inputs) => where(condition, a, b),
  squaredDifference: ([a, b]: Inputs) => square(sub(a, b)),

  neg: ([x]: Inputs) => neg(x),
  abs: ([x]: Inputs) => abs(x),
  clipByValue: ([x]: Inputs, { low, high }: { low: number; high: number }) => clip(x, low, high),
  square: ([x]: Inputs) => square(x),
  sqrt: ([x]: Inputs) => sqrt(x),
  rsqrt: ([x]: Inputs) => reciprocal(sqrt(x)),
  reciprocal: ([x]: Inputs) => reciprocal(x),
  exp: ([x]: Inputs) => exp(x),
  expm1: ([x]: Inputs) => addScalar(exp(x), -1),
  log: ([x]: Inputs) => log(x),
  log1p: ([x]: Inputs) => log(addScalar(x, 1)),
  tanh: ([x]: Inputs) => tanh(x),
  sinh: ([x]: Inputs) => scale(sub(exp(x), exp(neg(x))), 0.5),
  cosh: ([x]: Inputs) => scale(add(exp(x), exp(neg(x))), 0.5),
  asinh: ([x]: Inputs) => log(add(x, sqrt(addScalar(square(x), 1)))),
  acosh: ([x]: Inputs) => log(add(x, sqrt(addScalar(square(x), -1)))),
  atanh: ([x]: Inputs) => scale(sub(log(addScalar(x, 1)), log(addScalar(neg(x), 1))), 0.5),

  relu: ([x]: Inputs) => relu(x),
  relu6: ([x]: Inputs) => sub(relu(x), relu(addScalar(x, -6))),
  leakyRelu: ([x]: Inputs, { alpha }: { alpha: number }) => sub(relu(x), scale(relu(neg(x)), alpha)),
  prelu: ([x, alpha]: Inputs) => sub(relu(x), mul(alpha, relu(neg(x)))),
  elu: ([x]: Inputs) => elu(x),
  selu: ([x]: Inputs) => scale(elu(x, 1.6732632423543772), 1.0507009873554805),
  sigmoid: ([x]: Inputs) => sigmoid(x),
  softplus: ([x]: Inputs) => softplus(x),
  logSigmoid: ([x]: Inputs) => neg(softplus(neg(x))),
  softmax: ([x]: Inputs, { axis = -1 }: { axis?: number }) => softmax(x, axis),
  logSoftmax: ([x]: Inputs, { axis = -1 }: { axis?: number }) => logSoftmax(x, axis),

  sum: ([x]: Inputs, { axes, keepdims }: ReductionAttrs) => sum(x, axes, keepdims),
  mean: ([x]: Inputs, { axes, keepdims }: ReductionAttrs) => mean(x, axes, keepdims),
  max: ([x]: Inputs, { axes, keepdims }: ReductionAttrs) => max(x, axes, keepdims),
  min: ([x]: Inputs, { axes, keepdims }: ReductionAttrs) => min(x, axes, keepdims),
  argMax: ([x]: Inputs, { axis }: { axis: number }) => argMax(x, axis),
  argMin: ([x]: Inputs, { axis }: { axis: number }) => argMin(x, axis),
  norm: ([x]: Inputs, { ord, ...reduction }: ReductionAttrs & { ord: number }) => norm(abs(x), ord, reduction),
  variance: ([x]: Inputs, { axes, keepdims }: ReductionAttrs) => variance(x, axes, keepdims),
  logSumExp: ([x]: Inputs, { axes, keepdims }: ReductionAttrs) => log(sum(exp(x), axes, keepdims)),
  euclideanNorm: ([x]: Inputs, { axes, keepdims }: ReductionAttrs) => sqrt(sum(square(x), axes, keepdims)),

  matMul: ([a, b]: Inputs, { transposeA, transposeB }: { transposeA?: boolean; transposeB?: boolean }) =>
    matmul(transposed(a, transposeA), transposed(b, transposeB)),
  fusedMatMul: (
    [a, b, bias]: Inputs,
    { activation, transposeA }: { activation?: Activation; transposeA?: boolean },
  ) => {
    const product = matmul(transposed(a, transposeA), b);
    const biased = bias ? add(product, bias) : product;
    return activation ? ops[activation]([biased]) : biased;
  },
  sumOfMatMulRelu: ([a, b]: Inputs) => sum(relu(matmul(a, b))),
  sumOfFlatSquares: ([x]: Inputs) => sum(square(reshape(x, [-1]))),
  dot: ([a, b]: Inputs) => {
    const product = matmul(a.shape.length === 1 ? expandDims(a, 0) : a, b.shape.length === 1 ? expandDims(b, 1) : b);
    return reshape(product, [...a.shape.slice(0, -1), ...b.shape.slice(1)]);
  },
  outerProduct: ([a, b]: Inputs) => matmul(expandDims(a, 1), expandDims(b, 0)),
  einsum: (x: Inputs, { equation }: { equation: string }) => einsum(x, equation),

  transpose: ([x]: Inputs, { axes }: { axes?: readonly number[] }) =>
    transpose(x, axes ?? [...x.shape.keys()].reverse()),
  reshape: ([x]: Inputs, { shape }: { shape: Shape }) => reshape(x, shape),
  expandDims: ([x]: Inputs, { axis = 0 }: { axis?: number }) => expandDims(x, axis),
  squeeze: ([x]: Inputs, { axes }: { axes?: readonly number[] }) => {
    const gone =
      axes?.map((axis) => forward(axis, x.shape.length)) ?? [...x.shape.keys()].filter((d) => x.shape[d] === 1);
    return reshape(x, without(x.shape, gone));
  },
  slice: ([x]: Inputs, { begin, size }: { begin: readonly number[]; size?: readonly number[] }) => cut(x, begin, size),
  stridedSlice: (
    [x]: Inputs,
    { begin, end, strides }: { begin: readonly number[]; end: readonly number[]; strides: readonly number[] },
  ) => {
    const within = (index: number, size: number) => Math.min(Math.max(index < 0 ? index + size : index, 0), size);
    return begin.reduce((y, first, axis) => {
      const size = y.shape[axis];
      return slice(y, axis, within(first, size), within(end[axis], size), strides[axis]);
    }, x);
  },
  concat: (x: Inputs, { axis }: { axis: number }) => concat(x, axis),
  stack: (x: Inputs, { axis = 0 }: { axis?: number }) => stack(x, axis),
  split: ([x]: Inputs, { parts, axis, part }: { parts: number | readonly number[]; axis: number; part: number }) => {
    const along = x.shape[forward(axis, x.shape.length)];
    const sizes = typeof parts === "number" ? new Array<number>(parts).fill(along / parts) : parts;
    const begin = sizes.slice(0, part).reduce((a, b) => a + b, 0);
    return slice(x, axis, begin, sizes[part] < 0 ? along : begin + sizes[part]);
  },
  unstack: ([x]: Inputs, { axis, index }: { axis: number; index: number }) =>
    reshape(slice(x, axis, index, index + 1), without(x.shape, [forward(axis, x.shape.length)])),
  tile: ([x]: Inputs, { reps }: { reps: readonly number[] }) =>
    reps.reduce((y, n, axis) => (n > 1 ? concat(new Array<Tensor>(n).fill(y), axis) : y), x),
  reverse: ([x]: Inputs, { axes }: { axes?: readonly number[] }) => reverse(x, axes),
  pad: ([x]: Inputs, { value, ...sides }: Sides & { value?: number }) => surround(x, sides, value),
  batchToSpaceND: ([x]: Inputs, { block, ...crops }: BlockAttrs) => batchToSpace(x, block, crops),
  spaceToBatchND: ([x]: Inputs, { block, ...around }: BlockAttrs) => spaceToBatch(x, block, around),
  depthToSpace: ([x]: Inputs, { block }: { block: number }) => {
    const [n, h, w, c] = x.shape;
    const blocks = reshape(x, [n, h, w, block, block, c / block ** 2]);
    return reshape(transpose(blocks, [0, 1, 3, 2, 4, 5]), [n, h * block, w * block, c / block ** 2]);
  },
  broadcastTo: ([x]: Inputs, { shape }: { shape: Shape }) => add(x, filled(x, shape, 0)),

  onesLike: ([x]: Inputs) => ones(x.gpu, x.shape),
  zerosLike: ([x]: Inputs) => x.gpu.zeros(x.shape),

  conv2d: ([x, w, b]: Inputs, attrs: ConvAttrs & { relu?: boolean }) => {
    const { images, back } = asImages(x, attrs.layout);
    return back(convolve(images, asWeights(w), attrs, b, attrs.relu));
  },
  conv1d: ([x, w]: Inputs, { stride = 1, dilation = 1, pad }: { stride?: number; dilation?: number; pad: Pad }) => {
    const { images, back } = asImages(expandDims(x, -3));
    const attrs = { stride: [1, stride], dilation: [1, dilation], pad };
    const y = back(convolve(images, asWeights(expandDims(w, 0)), attrs));
    return reshape(y, [...x.shape.slice(0, -2), ...y.shape.slice(-2)]);
  },
  depthwiseConv2d: ([x, w]: Inputs, attrs: ConvAttrs) => {
    const { images, back } = asImages(x, attrs.layout);
    return back(depthwise(images, w, attrs));
  },
  separableConv2d: ([x, w, pointwise]: Inputs, attrs: ConvAttrs) => {
    const { images, back } = asImages(x, attrs.layout);
    return back(convolve(depthwise(images, w, attrs), asWeights(pointwise), { pad: "valid" }));
  },

  maxPool: ([x]: Inputs, attrs: PoolAttrs) => {
    const { images, back } = asImages(x);
    return back(pooled(images, attrs, maxPool2d, -1e30));
  },
  /** The origin leaves padding out of an average, where the engine's op counts it as zeros. */
  avgPool: ([x]: Inputs, attrs: PoolAttrs) => {
    const { images, back } = asImages(x);
    const share = pooled(filled(x, images.shape, 1), attrs, avgPool2d, 0);
    return back(div(pooled(images, attrs, avgPool2d, 0), share));
  },
  /** An average that counts its margins as zeros, as the engine's op does. */
  avgPoolWithMargins: ([x]: Inputs, attrs: PoolAttrs) => {
    const { images, back } = asImages(x);
    return back(pooled(images, attrs, avgPool2d, 0));
  },
  upsample2x: ([x]: Inputs) => {
    const { images, back } = asImages(x);
    return back(upsample2x(images));
  },

  /** By the engine's op, which has a statistic a channel. */
  batchNorm: (x: Inputs, { inputs = NORM_INPUTS, eps }: NormAttrs) => {
    const { mean: runningMean, variance: runningVariance, offset, scale: gamma } = normParameters(x, inputs);
    const { first, back } = channelsFirst(x[0]);
    const parameters = { gamma, beta: offset, runningMean, runningVariance };
    return back(batchNorm(first, parameters, { training: false, eps }));
  },
  /** By its formula, for gradients of the statistics and for those of any shape. */
  normalise: (x: Inputs, { eps }: NormAttrs) => {
    const [, average, squares, offset, gamma] = x;
    const deviation = sqrt(addScalar(squares, eps));
    return add(mul(div(sub(x[0], average), deviation), gamma), offset);
  },

  computeWeightedLoss: ([losses, w]: Inputs, { reduction }: LossAttrs) => reduced(losses, w, reduction),
  meanSquaredError: ([t, p, w]: Inputs, { reduction }: LossAttrs) =>
    typeof reduction === "number" && !w ? sumMse(p, t, reduction) : reduced(square(sub(t, p)), w, reduction),
  absoluteDifference: ([t, p, w]: Inputs, { reduction }: LossAttrs) => reduced(abs(sub(t, p)), w, reduction),
  huberLoss: ([t, p, w]: Inputs, { reduction, delta = 1 }: LossAttrs & { delta?: number }) => {
    const difference = abs(sub(t, p));
    const inner = minimum(difference, delta);
    return reduced(add(mul(square(inner), 0.5), mul(sub(difference, inner), delta)), w, reduction);
  },
  hingeLoss: ([t, p, w]: Inputs, { reduction }: LossAttrs) => {
    const signs = addScalar(scale(t, 2), -1);
    return reduced(relu(addScalar(neg(mul(signs, p)), 1)), w, reduction);
  },
  logLoss: ([t, p, w]: Inputs, { reduction }: LossAttrs) => {
    const yes = mul(t, log(addScalar(p, 1e-7)));
    const no = mul(addScalar(neg(t), 1), log(addScalar(neg(p), 1 + 1e-7)));
    return reduced(neg(add(yes, no)), w, reduction);
  },
  sigmoidCrossEntropy: ([t, z, w]: Inputs, { reduction, smoothing = 0 }: LossAttrs & { smoothing?: number }) => {
    const labels = smooth(t, smoothing, 0.5);
    if (typeof reduction === "number" && !w) return bceLogits(z, labels, reduction);
    return reduced(sub(softplus(z), mul(z, labels)), w, reduction);
  },
  softmaxCrossEntropy: ([t, z, w]: Inputs, { reduction, smoothing = 0 }: LossAttrs & { smoothing?: number }) => {
    const labels = smooth(t, smoothing, 1 / t.shape[t.shape.length - 1]);
    if (typeof reduction === "number" && !w) return crossEntropy(z, labels, reduction);
    return reduced(neg(sum(mul(labels, logSoftmax(z)), [-1])), w, reduction);
  },
  cosineDistance: ([t, p, w]: Inputs, { reduction, axis }: LossAttrs & { axis: number }) =>
    reduced(addScalar(neg(sum(mul(t, p), [axis], true)), 1), w, reduction),
};

export type OpName = keyof typeof ops;
type AttrsOf<K extends OpName> = (typeof ops)[K] extends (x: Inputs, attrs: infer A) => Tensor ? A : never;

/** Cases of one op from one of the origin's files. */
export interface Table {
  /** The file under tfjs-core's dist/ops, or above it. */
  from: string;
  op: OpName;
  cases: readonly Case<object>[];
}

/** A table whose cases' attributes are checked against the op's. */
export const table = <K extends OpName>(from: string, op: K, cases: readonly Case<AttrsOf<K>>[]): Table => ({
  from,
  op,
  cases: cases as readonly Case<object>[],
});

/** Applies an op of the tables. */
export const apply = (op: OpName, x: Inputs, attrs: object): Tensor =>
  (ops[op] as (x: Inputs, attrs: object) => Tensor)(x, attrs);
