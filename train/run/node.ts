export type { TrainOptions } from "./open";
export { EXPERIMENTS, study } from "./study";
export { type TrainResult, train } from "./train";
