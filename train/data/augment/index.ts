export { augmentImages } from "./apply";
export { type AugmentedBatch, augmentBatch } from "./batch";
export type { Change, Rectangle } from "./change";
