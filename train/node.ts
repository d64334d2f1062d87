/** Training, evaluation and inference: losses, learner, data, metrics, runs and checkpoints. This is Node's entry. @module */

export { loadConfig } from "./config/node";
export { decodeImage } from "./data/node";
export { loadCheckpoint, saveCheckpoint } from "./files/node";
export * from "./index";
export {
  type ImageFile,
  type InferOptions,
  type InferredImage,
  inferImages,
  listImages,
  placeTrained,
  readTrained,
  type TrainedFile,
} from "./infer/node";
export { type TrainOptions, type TrainResult, train } from "./run/node";
export { openSource, type SourceOptions } from "./source/node";
