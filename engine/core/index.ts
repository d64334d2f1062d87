/** What the engine is made of: the Gpu, tensors, the tape that records ops and walks back along them, and what an op is. */

export { checkpoint } from "./checkpoint";
export type { Context, Within } from "./context";
export type { DispatchSpec } from "./dispatcher";
export { Gpu } from "./gpu";
export {
  copyImages,
  copyTo,
  laidOut,
  plainImages,
  readImages,
  type WriteOptions,
  writeImages,
  writePlain,
} from "./images";
export { initialise, type UniformSource } from "./init";
export { overPlanes, type PerElement, perElement, perFour } from "./launch";
export { contiguous, type Layout, layoutOf, planeOf, sameLayout, withMargin, zerosAround } from "./layout";
export { coordinates, mapNd, type Nd, nd, ramp, strides } from "./nd";
export {
  defineOp,
  expectRank,
  mayBeHalf,
  type NoAttrs,
  type Op,
  type OpSpec,
  readsLayout,
  type Sample,
  type Saves,
} from "./op";
export { checkNumbers, type EveryOption, type Pair, pairOf, withDefaults } from "./options";
export { type ParameterSpec, Parameters, type ParametersOptions } from "./parameters";
export type { Basics, Tape, VjpContext } from "./tape";
export { type Shape, sameShape, sizeOf, Tensor } from "./tensor";
export type { Nested } from "./values";
export { gather, planWalk, scatter } from "./walk";
