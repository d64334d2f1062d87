import type { Config } from "../../config/index";
import type { Point } from "../../pose/index";
import type { Rng } from "../index";

/** The ranges that an experiment draws its changes from; see config/schema.ts. */
export type AugmentSettings = Config["augment"];

/** What is done to one image of S x S pixels and its labels. Pixel i's centre is coordinate i. */
export interface Change {
  /** Input to output: p goes to matrix (p - centre) + centre + shift, centre = (S - 1) / 2; rows of the 2 x 2 matrix. */
  readonly matrix: readonly [readonly [number, number], readonly [number, number]];
  /** In pixels. */
  readonly shift: readonly [x: number, y: number];
  /** A Gaussian's standard deviation in input pixels, 0 for none. */
  readonly blur: number;
  /** Factors of all channels, of the distance from mid-grey, and of the distance from the pixel's own grey. */
  readonly brightness: number;
  readonly contrast: number;
  readonly saturation: number;
  /** Output pixels that are painted over with the mean colour: from left and top to before right and bottom. */
  readonly cutout: Rectangle | null;
}

/** Whole pixels. */
export interface Rectangle {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Leaves an image as it is. */
export const UNCHANGED: Change = {
  matrix: [
    [1, 0],
    [0, 1],
  ],
  shift: [0, 0],
  blur: 0,
  brightness: 1,
  contrast: 1,
  saturation: 1,
  cutout: null,
};

/** Whether the settings leave every image as it is. */
export function changesNothing(s: AugmentSettings): boolean {
  const still = s.rotation === 0 && s.scale[0] === 1 && s.scale[1] === 1 && s.translation === 0 && s.flip === 0;
  const colours = s.brightness === 0 && s.contrast === 0 && s.saturation === 0 && s.blur === 0;
  return still && colours && s.cutout.probability === 0;
}

/**
 * One image's change. Every draw is made whether its setting is on or not, so that turning one on or off leaves the
 * others as they were. Angles and shifts are uniform, scales uniform in their logarithm; half the images are blurred
 * at all, where any are.
 *
 * @param side S, of the images in pixels
 */
export function sampleChange(settings: AugmentSettings, side: number, rng: Rng): Change {
  const around = (centre: number, spread: number) => centre + spread * rng.uniform(-1, 1);
  const angle = (around(0, settings.rotation) * Math.PI) / 180;
  const [smallest, largest] = settings.scale.map(Math.log);
  const scale = Math.exp(smallest + (largest - smallest) * rng.uniform());
  const shift = [around(0, settings.translation) * side, around(0, settings.translation) * side] as const;
  const mirror = rng.uniform() < settings.flip ? -1 : 1;
  const [brightness, contrast, saturation] = [settings.brightness, settings.contrast, settings.saturation].map((s) =>
    around(1, s),
  );
  const blur = Math.max(0, settings.blur * rng.uniform(-1, 1));
  const cut = rng.uniform() < settings.cutout.probability;
  const rectangle = sampleRectangle(settings.cutout.size, side, rng);
  const [cos, sin] = [scale * Math.cos(angle), scale * Math.sin(angle)];
  return {
    matrix: [
      [mirror * cos, -sin],
      [mirror * sin, cos],
    ],
    shift,
    blur,
    brightness,
    contrast,
    saturation,
    cutout: cut ? rectangle : null,
  };
}

/** A rectangle of the given sides (as parts of S, each drawn by itself), its centre anywhere in the image. */
function sampleRectangle([least, most]: readonly [number, number], side: number, rng: Rng): Rectangle {
  const [width, height] = [rng.uniform(least, most) * side, rng.uniform(least, most) * side];
  const [x, y] = [rng.uniform() * side, rng.uniform() * side];
  return {
    left: Math.round(x - width / 2),
    top: Math.round(y - height / 2),
    right: Math.round(x + width / 2),
    bottom: Math.round(y + height / 2),
  };
}

/** Whether left and right change places. */
export const isMirrored = ({ matrix: [[a, b], [c, d]] }: Change): boolean => a * d - b * c < 0;

/** Where a point of the input, in pixels, comes to lie in the output. */
export function movePoint(change: Change, side: number, [x, y]: Point): Point {
  const centre = (side - 1) / 2;
  const [[a, b], [c, d]] = change.matrix;
  const [dx, dy] = [x - centre, y - centre];
  return [a * dx + b * dy + centre + change.shift[0], c * dx + d * dy + centre + change.shift[1]];
}

/** Whether a point of the output lies in the frame and not under the cutout. */
export function isShown({ cutout }: Change, side: number, [x, y]: Point): boolean {
  const inside = ({ left, top, right, bottom }: Rectangle) =>
    x >= left - 0.5 && x < right - 0.5 && y >= top - 0.5 && y < bottom - 0.5;
  return inside({ left: 0, top: 0, right: side, bottom: side }) && !(cutout && inside(cutout));
}
