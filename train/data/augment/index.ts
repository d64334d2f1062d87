/** Augmentation: a change drawn for each image, applied to its labels here and to its pixels by kernels/augment.wgsl. */

export { augmentImages } from "./apply";
export { type AugmentedBatch, augmentBatch } from "./batch";
export type { Change, Rectangle } from "./change";
