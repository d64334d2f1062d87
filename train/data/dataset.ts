/** What training asks of any source of hands, files or synthetic. */

import type { Tensor } from "../../engine/index";

export const JOINTS = 21;
/** The parts of a dataset, by use. */
export const SPLITS = ["train", "valid", "test"] as const;
/** One of SPLITS. */
export type SplitName = (typeof SPLITS)[number];

/** The network's stride: a confidence map has a cell for every 8 x 8 pixels of its input. */
export const STRIDE = 8;

/** The side of a crop in tight joint boxes, in the original's data and so in all that is cut or drawn here. */
export const CROP_BOXES = 2.2;

/** [x, y] in pixels; the centre of pixel i is coordinate i. */
export type Point = readonly [number, number];

/** A box in image pixels. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A labelled hand without its pixels. */
export interface Pose {
  readonly name: string;
  /** [21, 2], x and y in pixels of the image as it is stored. */
  readonly labelsPx: Float64Array;
  /** Size of the stored image in pixels. */
  readonly width: number;
  readonly height: number;
  /** Per joint; absent where nothing is known, which means that every joint counts. */
  readonly visible?: readonly boolean[];
  /** The tight box around the hand, where the dataset has one. */
  readonly tightBox?: Box;
}

/** A labelled hand as the network takes it. */
export interface Example extends Pose {
  /** [3, S, S], normalised as for VGG19. */
  readonly input: Float32Array;
  /** [21, 2] in map units: cell i of a map is coordinate i. */
  readonly labelsMap: Float64Array;
}

/** One split of a source of hands. */
export interface Dataset {
  readonly splitName: SplitName;
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

/**
 * Pixels to map units as the original computes it, in float64 and this order: px * S / 8 / size of the stored image.
 * There is no half-pixel offset. `truncate` drops the fraction, which is what happened to labels written as integers.
 */
export function toMapUnits(
  pose: Pick<Pose, "labelsPx" | "width" | "height">,
  imageSize: number,
  truncate: boolean,
): Float64Array {
  return pose.labelsPx.map((px, i) => {
    const value = (px * imageSize) / STRIDE / (i % 2 === 0 ? pose.width : pose.height);
    return truncate ? Math.trunc(value) : value;
  });
}
