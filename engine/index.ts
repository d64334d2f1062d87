/**
 * What the engine is to a program that builds on it, wherever it runs. A device comes from `openGpu`, which Node and a
 * browser have each their own of: index.ts adds the one, browser.ts the other.
 */
export type { Kernel } from "../kernels/index";
export { kernels } from "../kernels/index";
export { checkpoint } from "./core/checkpoint";
export type { Within } from "./core/context";
export { type DispatchSpec, Gpu } from "./core/gpu";
export { initialise, type UniformSource } from "./core/init";
export { type PerElement, perElement } from "./core/launch";
export { mapNd, type Nd, nd, ramp } from "./core/nd";
export {
  defineOp,
  expectRank,
  type NoAttrs,
  type Op,
  type OpSpec,
  type Sample,
  type Saves,
  sameShape,
} from "./core/op";
export type { Pair } from "./core/options";
export { type ParameterSpec, Parameters, type ParametersOptions } from "./core/parameters";
export type { Tape, VjpContext } from "./core/tape";
export { type Shape, sizeOf, Tensor } from "./core/tensor";
export type { Nested } from "./core/values";
export type { Captured } from "./device/capture";
export type { Dtype } from "./device/dtype";
export {
  DtypeError,
  GpuError,
  OptionError,
  OutOfMemoryError,
  OverwrittenError,
  ReleasedError,
  ShapeError,
  UserError,
} from "./device/errors";
export type { AdapterFacts, AdapterKind, Attempt } from "./device/facts";
export type { UniformValues } from "./device/pipelines";
export type { Storage } from "./device/storage";
export type { Params } from "./device/wgsl";
export { checkOp, type OpErrors } from "./ops/check-op";
export type { Conv2dAttrs } from "./ops/conv/geometry";
export type { Padded } from "./ops/conv/pad";
export {
  abs,
  add,
  addInto,
  addScalar,
  argMax,
  argMin,
  avgPool2d,
  batchNorm,
  bceLogits,
  bceProb,
  cast,
  clip,
  concat,
  conv2d,
  crossEntropy,
  div,
  exp,
  fill,
  groupNorm,
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
  pad,
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
} from "./ops/index";
export type { BatchNormAttrs, NormParameters } from "./ops/norm";
export type { Operand } from "./ops/operands";
export type { Widths } from "./ops/pad";
export type { PoolAttrs, PoolOptions } from "./ops/pool";
export type { Axes } from "./ops/reduction";
export { Adam, type AdamOptions, type LossScaleOptions, type LossScaleState, type StepReport } from "./optim/adam";
export { AdamW, type AdamWOptions } from "./optim/adamw";
export { Sgd, type SgdOptions } from "./optim/sgd";
