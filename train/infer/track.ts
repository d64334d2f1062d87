import type { RgbImage } from "../data/index";
import type { DecodedHand } from "../decode/index";
import { type Box, boxAround, type Points } from "../pose/index";
import { OneEuroFilter } from "./one-euro";
import { aroundBox, type Region, wholeImage } from "./region";

export interface TrackerOptions {
  /** Frames a second. */
  fps: number;
  /** Tight box of the hand in the first frame; without one the whole first frame is searched. */
  box?: Box;
}

/** Hz: a joint at rest. */
const MIN_CUTOFF = 1;
/** Hz by hand sizes a second, so that the filter acts alike at every resolution. */
const BETA = 5;
/** A hand whose maps' maxima are less than this on average is lost (true maps have 1 at every joint). */
const LOST_BELOW = 0.1;
/** A hand smaller than this many pixels is none. */
const LEAST_BOX = 4;

/** Follows one hand through a video: where to look in the next frame, and joints without jitter. */
export class Tracker {
  #box: Box | null;
  #filters: OneEuroFilter[] | null = null;

  constructor(private readonly options: TrackerOptions) {
    this.#box = options.box ?? null;
  }

  /** Where to look in the next frame: around the last frame's joints, everywhere while the hand is lost. */
  region(frame: Pick<RgbImage, "width" | "height">): Region {
    return this.#box ? aroundBox(this.#box) : wholeImage(frame);
  }

  /** Takes in what was found in a frame. @returns the joints smoothed, or null where the hand is lost */
  update({ points, confidence }: DecodedHand): Points | null {
    const mean = confidence.reduce((sum, c) => sum + c, 0) / confidence.length;
    const box = points.every(Number.isFinite) ? boxAround(points) : null;
    if (!(mean >= LOST_BELOW) || !box || Math.max(box.width, box.height) < LEAST_BOX) {
      this.#box = null;
      this.#filters = null;
      return null;
    }
    this.#box = box;
    this.#filters ??= this.#startFilters(points, Math.max(box.width, box.height));
    const filters = this.#filters;
    return points.map((value, i) => filters[i].filter(value));
  }

  /** One for each coordinate. */
  #startFilters(points: Points, handSize: number): OneEuroFilter[] {
    const options = { rate: this.options.fps, minCutoff: MIN_CUTOFF, beta: BETA / handSize };
    return Array.from(points, () => new OneEuroFilter(options));
  }
}
