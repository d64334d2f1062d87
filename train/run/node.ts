/** A run from its start or its last checkpoint to its end, and the study of several. */

export { initialiseLearner } from "./initialise";
export type { TrainOptions } from "./open";
export { EXPERIMENTS, study } from "./study";
export { type TrainResult, train } from "./train";
