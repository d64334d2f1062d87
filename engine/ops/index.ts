import { addOp, affineOp, divOp, mulOp, subOp } from "./arithmetic";
import { castOp } from "./cast";
import { concatOp } from "./concat";
import { conv2dOp } from "./conv2d";
import { crossEntropyOp } from "./cross-entropy";
import { bceLogitsOp, bceProbOp, sumMseOp } from "./losses";
import { expOp, logOp, sqrtOp } from "./math";
import { matmulOp } from "./matmul";
import { batchNormOp, groupNormOp } from "./norm";
import type { Op } from "./op";
import { padOp } from "./pad";
import { avgPool2dOp, maxPool2dOp } from "./pool";
import { reluOp } from "./relu";
import { reshapeOp } from "./reshape";
import { sigmoidOp } from "./sigmoid";
import { sliceOp } from "./slice";
import { logSoftmaxOp, softmaxOp } from "./softmax";
import { meanOp, sumOp } from "./sum";
import { transposeOp } from "./transpose";
import { upsample2xOp } from "./upsample";

export { add, addScalar, div, mul, neg, scale, sub } from "./arithmetic";
export { addInto, fill, ones } from "./basics";
export { cast } from "./cast";
export { concat } from "./concat";
export { marginsPay, type Padded } from "./conv/pad";
export { conv2d } from "./conv2d";
export { crossEntropy } from "./cross-entropy";
export { bceLogits, bceProb, sumMse } from "./losses";
export { exp, log, sqrt } from "./math";
export { matmul } from "./matmul";
export { batchNorm, groupNorm } from "./norm";
export { pad } from "./pad";
export { avgPool2d, maxPool2d } from "./pool";
export { relu } from "./relu";
export { reshape } from "./reshape";
export { sigmoid } from "./sigmoid";
export { slice } from "./slice";
export { logSoftmax, softmax } from "./softmax";
export { mean, sum } from "./sum";
export { transpose } from "./transpose";
export { upsample2x } from "./upsample";

/** Every op, for the generated tests and the benchmarks. Adding an op: its file, its kernel, one line here. */
// biome-ignore lint/suspicious/noExplicitAny: ops differ in their attributes; the list only needs what they share
export const ops: readonly Op<any>[] = [
  addOp,
  affineOp,
  avgPool2dOp,
  batchNormOp,
  bceLogitsOp,
  bceProbOp,
  castOp,
  concatOp,
  conv2dOp,
  crossEntropyOp,
  divOp,
  expOp,
  groupNormOp,
  logOp,
  matmulOp,
  maxPool2dOp,
  meanOp,
  mulOp,
  padOp,
  reluOp,
  reshapeOp,
  sigmoidOp,
  sliceOp,
  logSoftmaxOp,
  softmaxOp,
  sqrtOp,
  subOp,
  sumMseOp,
  sumOp,
  transposeOp,
  upsample2xOp,
];
