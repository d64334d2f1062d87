/** Losses, learner, data and metrics: what runs in a browser. index.ts adds what needs files. */

export { type Config, type LoadedConfig, type Origins, resolveConfig } from "./config/resolve";
export type { Change, Rectangle } from "./data/augment/change";
export type { Contents, SplitContents } from "./data/contents";
export {
  type Box,
  type Dataset,
  type Example,
  type Pose,
  SPLITS,
  type SplitName,
  STRIDE,
  toMapUnits,
} from "./data/dataset";
export type { Batch } from "./data/loader";
export { denormalise, MEAN, normalise, STD } from "./data/normalise";
export { type RgbImage, resizeBicubic, resizeNearest } from "./data/resize";
export { Rng, type RngState, stream } from "./data/rng";
export type { Source } from "./data/source";
export { type DecodedHand, decodeHeatmaps } from "./decode/decode";
export { DECODERS, type Decoder, type DecoderName, decoders, type MapFacts } from "./decode/decoders";
export { type Checkpoint, decodeCheckpoint, encodeCheckpoint, type ParameterState } from "./files/checkpoint-format";
export { type FindOptions, type FoundHand, findHands, type Trained, type View } from "./infer/hands";
export { aroundBox, cropRegion, type Region, wholeImage } from "./infer/region";
export type { Maps } from "./pictures/maps";
export type { Accuracy, Curve, JointAccuracy } from "./score/accuracy";
export { type EvaluateOptions, type Evaluation, evaluate } from "./score/evaluate";
export type { Judgement, Prediction } from "./score/judgement";
export { type JudgedHand, type Pck, pckOriginal, pckVisible } from "./score/pck";
export type { Scores } from "./score/scores";
export { batchParts, makeTargets } from "./step/feed";
export { Learner, type LearnerOptions, type StepOutcome } from "./step/learner";
export type { BatchPart, LearnerBatch } from "./step/learner-batch";
export {
  computeLosses,
  LOSS_PARTS,
  type Losses,
  type LossRecord,
  type LossSettings,
  packLosses,
  type StageMaps,
  type Targets,
} from "./step/losses";
export { learningRate, limbWeight } from "./step/schedule";
export { createLearner, imagesPerPass, networkSpecOf } from "./step/setup";
export { SyntheticDataset, type SyntheticOptions } from "./synthetic/dataset";
export { NORMALISED, type Output, RGB } from "./synthetic/renderer";
export { POSE_RANGES, type PoseRange, type PoseRangeName } from "./synthetic/sampler";
export { syntheticSource } from "./synthetic/source";
