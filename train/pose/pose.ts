import { STRIDE } from "../../model/network/index";

/**
 * Where the joints of one hand (or of any other skeleton) are, in the form that it has everywhere: [J, 2] in float64, x and y
 * joint by joint, NaN for a joint that has no place. Files hold [[x, y], ...] instead: `pointsOf` and `pairsOf`.
 */
export type Points<B extends ArrayBufferLike = ArrayBufferLike> = Float64Array<B>;

/** A joint's place. In images the centre of pixel i is coordinate i. */
export type Point = readonly [x: number, y: number];

/** A box in image pixels. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A labelled hand without its pixels. */
export interface Pose {
  /** The image's. */
  readonly name: string;
  /** [J, 2] in pixels of the image as it is stored. */
  readonly points: Points;
  /** Size of the stored image in pixels. */
  readonly width: number;
  readonly height: number;
  /** Per joint; absent where nothing is known, which means that every joint counts. */
  readonly visible?: readonly boolean[];
  /** The tight box around the hand, where the dataset has one. */
  readonly tightBox?: Box;
}

/** Joint `j`'s place. */
export const pointAt = (points: Points, j: number): Point => [points[2 * j], points[2 * j + 1]];

/** Whether joint `j` has a place. */
export const isPlaced = (points: Points, j: number): boolean =>
  Number.isFinite(points[2 * j]) && Number.isFinite(points[2 * j + 1]);

/** The places of all joints, in order. */
export const listPoints = (points: Points): Point[] =>
  Array.from({ length: points.length / 2 }, (_, j) => pointAt(points, j));

/** Points of [x, y] each, as files have them; null stands for a place, or a coordinate, that is not there. */
export const pointsOf = (pairs: Iterable<ArrayLike<number | null> | null>): Points<ArrayBuffer> =>
  Float64Array.from([...pairs].flatMap((pair) => [pair?.[0] ?? Number.NaN, pair?.[1] ?? Number.NaN]));

/** [x, y] of each joint, as files have them; JSON writes null for NaN. */
export const pairsOf = (points: Points): number[][] => listPoints(points).map(([x, y]) => [x, y]);

/** The points where `move` puts them. */
export function movePoints(points: Points, move: (point: Point, joint: number) => Point): Points<ArrayBuffer> {
  return Float64Array.from(listPoints(points).flatMap(move));
}

/** The points in another unit, multiplied by `factor`. */
export const scalePoints = (points: Points, factor: number): Points<ArrayBuffer> =>
  points.map((value) => value * factor);

/** The smallest box around the joints that have a place; null where none has. */
export function boxAround(points: Points): Box | null {
  const placed = listPoints(points).filter((_, j) => isPlaced(points, j));
  if (placed.length === 0) return null;
  const [xs, ys] = [placed.map(([x]) => x), placed.map(([, y]) => y)];
  const [x, y] = [Math.min(...xs), Math.min(...ys)];
  return { x, y, width: Math.max(...xs) - x, height: Math.max(...ys) - y };
}

/** The side of maps for images of `pixels` a side, in cells. */
export const cellsOf = (pixels: number): number => pixels / STRIDE;

/**
 * Pixels of the stored image to map units as the original computes it, in float64 and this order: px * S / 8 / size of the
 * stored image. There is no half-pixel offset: cell i of a map is coordinate i. `truncate` drops the fraction, which is what
 * happened to labels written as integers.
 * @param imageSize S, the side of the network's input in pixels
 */
export function toMapUnits(
  { points, width, height }: Pick<Pose, "points" | "width" | "height">,
  imageSize: number,
  truncate: boolean,
): Points<ArrayBuffer> {
  return points.map((px, i) => {
    const value = (px * imageSize) / STRIDE / (i % 2 === 0 ? width : height);
    return truncate ? Math.trunc(value) : value;
  });
}

/** Map units to pixels of the network's input. */
export const fromMapUnits = (points: Points): Points<ArrayBuffer> => scalePoints(points, STRIDE);
