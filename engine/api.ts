/**
 * What the engine is to a program that builds on it, wherever it runs. A device comes from `openGpu`, which Node and a
 * browser have each their own of: index.ts adds the one, browser.ts the other.
 */
export type { Kernel } from "../kernels/index";
export { kernels } from "../kernels/index";
export type { AdapterFacts, AdapterKind, Attempt } from "./adapters/facts";
export type { Captured } from "./capture";
export { checkOp, type OpErrors } from "./check-op";
export { checkpoint } from "./checkpoint";
export type { Within } from "./context";
export {
  DtypeError,
  GpuError,
  OptionError,
  OutOfMemoryError,
  OverwrittenError,
  ReleasedError,
  ShapeError,
  UserError,
} from "./errors";
export { type DispatchSpec, Gpu } from "./gpu";
export { initialise, type UniformSource } from "./init";
export { mapNd, type Nd, nd, ramp } from "./nd";
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
export { type PerElement, perElement } from "./ops/launch";
export type { BatchNormAttrs, NormParameters } from "./ops/norm";
export { defineOp, expectRank, type NoAttrs, type Op, type OpSpec, type Sample, type Saves, sameShape } from "./ops/op";
export type { Operand } from "./ops/operands";
export type { Widths } from "./ops/pad";
export type { PoolAttrs, PoolOptions } from "./ops/pool";
export type { Axes } from "./ops/reduction";
export { Adam, type AdamOptions, type LossScaleOptions, type LossScaleState, type StepReport } from "./optim/adam";
export { AdamW, type AdamWOptions } from "./optim/adamw";
export { Sgd, type SgdOptions } from "./optim/sgd";
export type { Pair } from "./options";
export { type ParameterSpec, Parameters, type ParametersOptions } from "./parameters";
export type { UniformValues } from "./pipelines";
export type { Storage } from "./storage";
export type { Tape, VjpContext } from "./tape";
export { type Dtype, type Shape, sizeOf, Tensor } from "./tensor";
export type { Nested } from "./values";
export type { Params } from "./wgsl";
