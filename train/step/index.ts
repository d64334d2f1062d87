/** One training step: batch to target maps, forward, loss, backward, update; and what its schedule says. */

export { findNonFinite } from "./diagnose";
export { makeTargets, microBatches, renderAllMaps } from "./feed";
export { Learner, type LearnerOptions, type StepOutcome } from "./learner";
export type { LearnerBatch, MicroBatch } from "./learner-batch";
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
export { splitBatch } from "./micro-batch";
export { learningRate, limbWeight, type Schedule, scheduleAt } from "./schedule";
export { createLearner, imagesPerPass, networkSpecOf } from "./setup";
export { expectWeights, loadWeights, readParameters, restoreLearner } from "./state";
export type { StepLine } from "./step-line";
