/** What training asks of any source of hands: labelled poses, images of one size, batches; all randomness. */

export { type Contents, describeChange, isContents, type SplitContents } from "./contents";
export { CROP_BOXES, type Dataset, type Example, SPLITS, type SplitName } from "./dataset";
export { type Batch, Loader } from "./loader";
export { BLACK, denormalise, MEAN, normalise, STD, WHITE } from "./normalise";
export { cubic, type RgbImage, resizeBicubic, resizeNearest } from "./resize";
export { Rng, type RngState, stream } from "./rng";
export type { Source } from "./source";
