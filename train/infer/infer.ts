import { UserError } from "../../engine/errors";
import type { Gpu } from "../../engine/gpu";
import type { Box } from "../data/dataset";
import { decodeImage } from "../data/decode";
import type { RgbImage } from "../data/resize";
import type { DecoderName } from "../metrics/decoders";
import { imagesPerPass } from "../run/setup";
import type { Trained } from "../trained";
import type { ImageFile } from "./files";
import { type FoundHand, findHands } from "./hands";
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
  /** [21, 2]; smoothed where the hand is tracked. */
  joints: number[][];
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
    const views = (await Promise.all(some.map((file) => open(file, options)))).flatMap((opened) => {
      if (!opened) return [];
      return [{ ...opened, region: box ? aroundBox(box) : wholeImage(opened.image) }];
    });
    if (views.length === 0) continue;
    const hands = await findHands(options, views);
    for (const [n, hand] of hands.entries()) yield { ...views[n], hand, joints: hand.joints, found: true };
  }
}

/** Frames of a video: where to look follows from the frame before. */
async function* followHand(options: InferOptions, fps: number): AsyncGenerator<InferredImage, void, void> {
  const tracker = new Tracker({ fps, box: options.box });
  let first = true;
  for (const file of options.files) {
    const opened = await open(file, first ? options : { ...options, box: undefined });
    if (!opened) continue;
    first = false;
    const region = tracker.region(opened.image);
    const [hand] = await findHands(options, [{ ...opened, region }]);
    const smooth = tracker.update(hand);
    yield { ...opened, region, hand, joints: smooth ?? hand.joints, found: smooth !== null };
  }
}

async function open(file: ImageFile, { box, onBad }: InferOptions) {
  try {
    const image = await decodeImage(file.path, { upright: true });
    if (box) checkBox(box, image, file.path);
    return { file, image };
  } catch (error) {
    if (!(onBad && error instanceof UserError)) throw error;
    onBad(error);
    return null;
  }
}
