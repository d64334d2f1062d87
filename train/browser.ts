/** Losses, learner, data and metrics: what runs in a browser. index.ts adds what needs files. */
export type { Change, Rectangle } from "./augment/change";
export { type Config, type LoadedConfig, type Origins, resolveConfig } from "./config";
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
export type { Source } from "./data/source";
export { type EvaluateOptions, type Evaluation, evaluate } from "./evaluate";
export { batchParts, makeTargets } from "./feed";
export { type Checkpoint, decodeCheckpoint, encodeCheckpoint, type ParameterState } from "./files/checkpoint-format";
export { type FindOptions, type FoundHand, findHands, type View } from "./infer/hands";
export { aroundBox, cropRegion, type Region, wholeImage } from "./infer/region";
export type { Judgement, Prediction } from "./judgement";
export { Learner, type LearnerOptions, type StepOutcome } from "./learner";
export type { BatchPart, LearnerBatch } from "./learner-batch";
export {
  computeLosses,
  LOSS_PARTS,
  type Losses,
  type LossRecord,
  type LossSettings,
  packLosses,
  type StageMaps,
  type Targets,
} from "./losses";
export type { Accuracy, Curve, JointAccuracy } from "./metrics/accuracy";
export { type DecodedHand, decodeHeatmaps } from "./metrics/decode";
export { DECODERS, type Decoder, type DecoderName, decoders, type MapFacts } from "./metrics/decoders";
export { type JudgedHand, type Pck, pckOriginal, pckVisible } from "./metrics/pck";
export type { Scores } from "./metrics/scores";
export type { Maps } from "./pictures/maps";
export { Rng, type RngState, stream } from "./rng";
export { createLearner, imagesPerPass, networkSpecOf } from "./run/setup";
export { learningRate, limbWeight } from "./schedule";
export { SyntheticDataset, type SyntheticOptions } from "./synthetic/dataset";
export { NORMALISED, type Output, RGB } from "./synthetic/renderer";
export { POSE_RANGES, type PoseRange, type PoseRangeName } from "./synthetic/sampler";
export { syntheticSource } from "./synthetic/source";
