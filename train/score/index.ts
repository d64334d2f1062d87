/** A network held against labels: evaluation, PCK, errors by joint, the mean pose. */

export type { Accuracy, Curve, JointAccuracy } from "./accuracy";
export { type EvaluateOptions, type Evaluation, evaluate, evaluateDecoders } from "./evaluate";
export type { Judgement, Prediction } from "./judgement";
export { meanPose } from "./mean-pose";
export { distances, type JudgedHand, longerSide, type Pck, pckOriginal, pckVisible } from "./pck";
export type { Scores } from "./scores";
export { accuracyLines, decoderLines, judgementLines } from "./tables";
