import type { Op } from "../core/index";

export { marginsPay } from "./conv/index";

import { affineOp } from "./affine";
import { argMaxOp, argMinOp } from "./arg-extremum";
import { addOp, divOp, mulOp, subOp } from "./arithmetic";
import { castOp } from "./cast";
import { clipOp } from "./clip";
import { maximumOp, minimumOp } from "./compare";
import { concatOp } from "./concat";
import { conv2dOp } from "./conv2d";
import { crossEntropyOp } from "./cross-entropy";
import { maxOp, minOp } from "./extremum";
import { bceLogitsOp, bceProbOp, sumMseOp } from "./losses";
import { absOp, expOp, logOp, sqrtOp, squareOp, tanhOp } from "./math";
import { matmulOp } from "./matmul";
import { batchNormOp, groupNormOp } from "./norm";
import { padOp } from "./pad";
import { plainOp } from "./plain";
import { avgPool2dOp, maxPool2dOp } from "./pool";
import { powOp } from "./power";
import { reluOp } from "./relu";
import { reshapeOp } from "./reshape";
import { sigmoidOp } from "./sigmoid";
import { sliceOp } from "./slice";
import { logSoftmaxOp, softmaxOp } from "./softmax";
import { meanOp, sumOp } from "./sum";
import { transposeOp } from "./transpose";
import { upsample2xOp } from "./upsample";
import { whereOp } from "./where";

export { argMax, argMin } from "./arg-extremum";
export { add, addScalar, div, mul, neg, scale, sub } from "./arithmetic";
export { addInto, fill, ones } from "./basics";
export { cast } from "./cast";
export { clip } from "./clip";
export { maximum, minimum } from "./compare";
export { concat, joinWithMargin, stack } from "./concat";
export { conv2d, conv2dWithMargin } from "./conv2d";
export { crossEntropy } from "./cross-entropy";
export { max, min } from "./extremum";
export { bceLogits, bceProb, sumMse } from "./losses";
export { abs, exp, log, sqrt, square, tanh } from "./math";
export { matmul } from "./matmul";
export { batchNorm, groupNorm } from "./norm";
export { pad } from "./pad";
export { avgPool2d, maxPool2d } from "./pool";
export { pow } from "./power";
export { relu } from "./relu";
export { reshape } from "./reshape";
export { sigmoid } from "./sigmoid";
export { slice } from "./slice";
export { logSoftmax, softmax } from "./softmax";
export { mean, sum } from "./sum";
export { transpose } from "./transpose";
export { upsample2x } from "./upsample";
export { where } from "./where";

/** Every op, for the generated tests and the benchmarks. Adding an op: its file, its kernel, three lines here. */
// biome-ignore lint/suspicious/noExplicitAny: ops differ in their attributes; the list only needs what they share
export const ops: readonly Op<any>[] = [
  absOp,
  addOp,
  affineOp,
  argMaxOp,
  argMinOp,
  avgPool2dOp,
  batchNormOp,
  bceLogitsOp,
  bceProbOp,
  castOp,
  clipOp,
  concatOp,
  conv2dOp,
  crossEntropyOp,
  divOp,
  expOp,
  groupNormOp,
  logOp,
  logSoftmaxOp,
  matmulOp,
  maxOp,
  maxPool2dOp,
  maximumOp,
  meanOp,
  minOp,
  minimumOp,
  mulOp,
  padOp,
  plainOp,
  powOp,
  reluOp,
  reshapeOp,
  sigmoidOp,
  sliceOp,
  softmaxOp,
  sqrtOp,
  squareOp,
  subOp,
  sumMseOp,
  sumOp,
  tanhOp,
  transposeOp,
  upsample2xOp,
  whereOp,
];
export { basics } from "./basics";
export { checkOp, type OpErrors } from "./check-op";
export { conv2dOp } from "./conv2d";
export { bceProbOp, sumMseOp } from "./losses";
export type { BatchNormAttrs, NormParameters } from "./norm";
export type { Operand } from "./operands";
export type { Widths } from "./pad";
export { maxPool2dOp, type PoolAttrs, type PoolOptions } from "./pool";
export type { Axes } from "./reduction";
