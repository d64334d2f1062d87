/**
 * Ops, one line a file: the function, and the op itself, from which tests are generated. Adding one: its kernel, its file, its line.
 */

export { affineOp } from "./affine";
export { argMax, argMaxOp, argMin, argMinOp } from "./arg-extremum";
export { add, addOp, addScalar, div, divOp, mul, mulOp, neg, scale, sub, subOp } from "./arithmetic";
export { addInto, basics, fill, ones } from "./basics";
export { cast, castOp } from "./cast";
export { checkOp, type OpErrors, opsOf } from "./check-op";
export { clip, clipOp } from "./clip";
export { maximum, maximumOp, minimum, minimumOp } from "./compare";
export { concat, concatOp, joinWithMargin, stack } from "./concat";
export { marginsPay } from "./conv/index";
export { conv2d, conv2dOp, conv2dWithMargin } from "./conv2d";
export { crossEntropy, crossEntropyOp } from "./cross-entropy";
export { max, maxOp, min, minOp } from "./extremum";
export { bceLogits, bceLogitsOp, bceProb, bceProbOp, sumMse, sumMseOp } from "./losses";
export { abs, absOp, exp, expOp, log, logOp, sqrt, sqrtOp, square, squareOp, tanh, tanhOp } from "./math";
export { matmul, matmulOp } from "./matmul";
export { type BatchNormAttrs, batchNorm, batchNormOp, groupNorm, groupNormOp, type NormParameters } from "./norm";
export type { Operand } from "./operands";
export { pad, padOp, type Widths } from "./pad";
export { plainOp } from "./plain";
export { avgPool2d, avgPool2dOp, maxPool2d, maxPool2dOp, type PoolAttrs, type PoolOptions } from "./pool";
export { pow, powOp } from "./power";
export type { Axes } from "./reduction";
export { relu, reluOp } from "./relu";
export { reshape, reshapeOp } from "./reshape";
export { sigmoid, sigmoidOp } from "./sigmoid";
export { slice, sliceOp } from "./slice";
export { logSoftmax, logSoftmaxOp, softmax, softmaxOp } from "./softmax";
export { mean, meanOp, sum, sumOp } from "./sum";
export { transpose, transposeOp } from "./transpose";
export { upsample2x, upsample2xOp } from "./upsample";
export { where, whereOp } from "./where";
