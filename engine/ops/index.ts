import { addOp, affineOp, divOp, mulOp, subOp } from "./arithmetic";
import { concatOp } from "./concat";
import { conv2dOp } from "./conv2d";
import { bceLogitsOp, bceProbOp, sumMseOp } from "./losses";
import type { Op } from "./op";
import { avgPool2dOp, maxPool2dOp } from "./pool";
import { reluOp } from "./relu";
import { reshapeOp } from "./reshape";
import { sigmoidOp } from "./sigmoid";
import { sliceOp } from "./slice";
import { meanOp, sumOp } from "./sum";

export { add, addScalar, div, mul, neg, scale, sub } from "./arithmetic";
export { addInto, fill, ones } from "./basics";
export { concat } from "./concat";
export { conv2d } from "./conv2d";
export { bceLogits, bceProb, sumMse } from "./losses";
export { avgPool2d, maxPool2d } from "./pool";
export { relu } from "./relu";
export { reshape } from "./reshape";
export { sigmoid } from "./sigmoid";
export { slice } from "./slice";
export { mean, sum } from "./sum";

/** Every op, for the generated tests and the benchmarks. Adding an op: its file, its kernel, one line here. */
// biome-ignore lint/suspicious/noExplicitAny: ops differ in their attributes; the list only needs what they share
export const ops: readonly Op<any>[] = [
  addOp,
  affineOp,
  avgPool2dOp,
  bceLogitsOp,
  bceProbOp,
  concatOp,
  conv2dOp,
  divOp,
  maxPool2dOp,
  meanOp,
  mulOp,
  reluOp,
  reshapeOp,
  sigmoidOp,
  sliceOp,
  subOp,
  sumMseOp,
  sumOp,
];
