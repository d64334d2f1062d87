/** What training asks of any source of hands, files or synthetic. */

import type { Tensor } from "../../engine/index";
import type { Skeleton } from "../../masks/index";
import type { Points, Pose } from "../pose/index";

/** The parts of a dataset, by use. */
export const SPLITS = ["train", "valid", "test"] as const;
/** One of SPLITS. */
export type SplitName = (typeof SPLITS)[number];

/** The side of a crop in tight joint boxes, in the original's data and so in all that is cut or drawn here. */
export const CROP_BOXES = 2.2;

/** A labelled hand as the network takes it. */
export interface Example extends Pose {
  /** [3, S, S], normalised as for VGG19. */
  readonly input: Float32Array;
  /** [J, 2] in map units: cell i of a map is coordinate i. */
  readonly mapPoints: Points;
}

/** One split of a source of hands. */
export interface Dataset {
  readonly splitName: SplitName;
  /** What is labelled. */
  readonly skeleton: Skeleton;
  readonly size: number;
  /** S, the side of the inputs. */
  readonly imageSize: number;
  /**
   * Draws images straight into a step's input [n, 3, S, S]; absent where they are read from files. Where it is there, a loader
   * asks for poses alone and leaves inputs empty.
   */
  renderInto?(input: Tensor, indices: readonly number[]): void;
  /** The example at `index`, its input written into `input` ([3, S, S]) where given. Throws UserError for a bad image. */
  load(index: number, input?: Float32Array): Promise<Example>;
  /** The same without decoding the image. */
  pose(index: number): Promise<Pose>;
  /** Reads the image and nothing else; absent where images are drawn. Throws UserError for a bad one. */
  check?(index: number): Promise<void>;
}
