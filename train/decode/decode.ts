import { type Point, type Points, pointsOf } from "../pose/index";

/** Joints read off confidence maps, one a map: J of them. */
export interface DecodedHand {
  /** [J, 2] in pixels of the stored image; NaN where a map holds a NaN. */
  points: Points;
  /** [J], each map's maximum. */
  confidence: number[];
}

/**
 * The original's decoder: the first maximum of each map in row-major order, then `int(k * (size of image / size of
 * map))`, in Python's float arithmetic, so whole pixels. (Where a map holds a NaN the original dies of an IndexError;
 * here the joint is NaN, and so never correct.)
 *
 * @param maps [J, rows, columns]
 */
export function decodeHeatmaps(
  maps: Float32Array,
  rows: number,
  columns: number,
  width: number,
  height: number,
): DecodedHand {
  const found: Point[] = [];
  const confidence: number[] = [];
  for (const { map, best } of peaks(maps, rows * columns)) {
    const x = Math.trunc((best % columns) * (width / columns));
    const y = Math.trunc(Math.floor(best / columns) * (height / rows));
    found.push([x, y]);
    confidence.push(map[best] ?? Number.NaN);
  }
  return { points: pointsOf(found), confidence };
}

/** Each map with the index of its first maximum, NaN where the map holds one. */
export function* peaks(maps: Float32Array, area: number): Generator<{ map: Float32Array; best: number }> {
  for (let at = 0; at < maps.length; at += area) {
    const map = maps.subarray(at, at + area);
    yield { map, best: firstMaximum(map) };
  }
}

function firstMaximum(map: Float32Array): number {
  let best = 0;
  for (let i = 0; i < map.length; i++) {
    if (Number.isNaN(map[i])) return Number.NaN;
    if (map[i] > map[best]) best = i;
  }
  return best;
}
