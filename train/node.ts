/** Training, evaluation and inference: losses, learner, data, metrics, runs and checkpoints. This is Node's entry. @module */

export { loadConfig } from "./config/load";
export { decodeImage } from "./data/decode";
export { loadCheckpoint, saveCheckpoint } from "./files/checkpoint";
export * from "./index";
export { type ImageFile, listImages } from "./infer/files";
export { type InferOptions, type InferredImage, inferImages } from "./infer/infer";
export { placeTrained, readTrained, type TrainedFile } from "./infer/trained";
export type { TrainOptions } from "./run/open";
export { type TrainResult, train } from "./run/train";
export { openSource, type SourceOptions } from "./source/open";
