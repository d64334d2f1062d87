import { type Gpu, UserError } from "../../engine/index";
import type { RgbImage } from "../data/index";
import { decodeImage, MAX_PIXELS } from "../data/node";
import type { DecoderName } from "../decode/index";
import type { Box, Points } from "../pose/index";
import { imagesPerPass } from "../step/index";
import { type FoundHand, findHands, type Trained } from "./hands";
import type { ImageFile } from "./list-images";
import { aroundBox, checkBox, type Region, wholeImage } from "./region";
import { Tracker } from "./track";

/** Which images to look at, with what, and how. */
export interface InferOptions {
  gpu: Gpu;
  trained: Trained;
  files: readonly ImageFile[];
  decoder: DecoderName;
  /** Average over each view and its mirror image. */
  flip?: boolean;
  /** Read limb masks back too. */
  limbs?: boolean;
  /** The hand's tight box in pixels of the upright image; without one the network looks at the whole image. */
  box?: Box;
  /** The files are frames of a video, in order, so many a second: follow the hand. `box` is the first frame's. */
  track?: { fps: number };
  /** Leave out images that cannot be read, and report them here, instead of throwing. */
  onBad?: (error: UserError) => void;
}

/** What was found in one image. Coordinates are pixels of the upright image. */
export interface InferredImage {
  file: ImageFile;
  /** Upright, as EXIF says that it was held. */
  image: RgbImage;
  /** Where the network looked. */
  region: Region;
  /** [J, 2]; smoothed where the hand is tracked. */
  points: Points;
  /** False where a tracker has lost the hand; its joints are then no more than a guess. */
  found: boolean;
  hand: FoundHand;
}

/** Images of a batch at most: enough to fill a GPU, few enough to be held in memory as photos. */
const LARGEST_BATCH = 8;

/** Finds one hand in each image, in order. @throws UserError for an image that cannot be read, or a box outside of it */
export function inferImages(options: InferOptions): AsyncGenerator<InferredImage, void, void> {
  return options.track ? followHand(options, options.track.fps) : lookAtEach(options);
}

/** Images by themselves, several a batch. */
async function* lookAtEach(options: InferOptions): AsyncGenerator<InferredImage, void, void> {
  const { gpu, trained, files, box } = options;
  const batch = Math.min(LARGEST_BATCH, imagesPerPass(gpu, { ...trained.config, batch_size: LARGEST_BATCH }));
  for (let from = 0; from < files.length; from += batch) {
    const some = files.slice(from, from + batch);
    const look = (image: RgbImage) => (box ? aroundBox(box) : wholeImage(image));
    const opened = await Promise.all(some.map((file) => open(file, options, look)));
    const views = opened.filter((view) => view !== null);
    if (views.length === 0) continue;
    const hands = await findHands(options, views);
    for (const [n, hand] of hands.entries()) yield { ...views[n], hand, points: hand.points, found: true };
  }
}

/** Frames of a video: where to look follows from the frame before. */
async function* followHand(options: InferOptions, fps: number): AsyncGenerator<InferredImage, void, void> {
  const tracker = new Tracker({ fps, box: options.box });
  let first = true;
  for (const file of options.files) {
    const view = await open(file, first ? options : { ...options, box: undefined }, (image) => tracker.region(image));
    if (!view) continue;
    first = false;
    const [hand] = await findHands(options, [view]);
    const smooth = tracker.update(hand);
    yield { ...view, hand, points: smooth ?? hand.points, found: smooth !== null };
  }
}

/** The image, and where to look; null where it cannot be used and may be left out. */
async function open(file: ImageFile, { box, onBad }: InferOptions, look: (image: RgbImage) => Region) {
  try {
    const image = await decodeImage(file.path, { upright: true });
    if (box) checkBox(box, image, file.path);
    const region = look(image);
    if (region.side ** 2 > MAX_PIXELS) {
      throw new UserError(
        `${file.path}: to look at ${region.side} x ${region.side} pixels is too much; expected at most 100 million (--bbox)`,
      );
    }
    return { file, image, region };
  } catch (error) {
    if (!(onBad && error instanceof UserError)) throw error;
    onBad(error);
    return null;
  }
}
