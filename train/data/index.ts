/** What training asks of any source of hands: labelled poses, images of one size, batches; all randomness. */

export { type Contents, describeChange, isContents, type SplitContents } from "./contents";
export {
  type Box,
  CROP_BOXES,
  type Dataset,
  type Example,
  JOINTS,
  type Point,
  type Pose,
  SPLITS,
  type SplitName,
  STRIDE,
  toMapUnits,
} from "./dataset";
export { type Batch, Loader } from "./loader";
export { BLACK, denormalise, MEAN, normalise, STD, WHITE } from "./normalise";
export { cubic, type RgbImage, resizeBicubic, resizeNearest } from "./resize";
export { Rng, type RngState, stream } from "./rng";
export type { Source } from "./source";
