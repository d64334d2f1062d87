/** From confidence maps to joints. */

/** A map's first maximum in row-major order, in map units. A map that holds a NaN has none: x, y and value are NaN. */
export interface Peak {
  x: number;
  y: number;
  value: number;
}

/** The peaks of `maps`, [C, size, size]. */
export function findPeaks(maps: Float32Array, size: number): Peak[] {
  const area = size * size;
  return Array.from({ length: maps.length / area }, (_, c) => findPeak(maps.subarray(c * area, (c + 1) * area), size));
}

function findPeak(map: Float32Array, size: number): Peak {
  let best = 0;
  for (let i = 0; i < map.length; i++) {
    if (Number.isNaN(map[i])) return { x: Number.NaN, y: Number.NaN, value: Number.NaN };
    if (map[i] > map[best]) best = i;
  }
  return { x: best % size, y: Math.floor(best / size), value: map[best] };
}

/**
 * Image pixels as the original has them, [C, 2]: `int(k * (width / size))`, which loses up to a pixel. (Where a map
 * holds a NaN the original dies of an IndexError; here the joint is NaN, and so never correct.)
 */
export function decodeOriginal(peaks: readonly Peak[], size: number, width: number, height: number): Float64Array {
  return Float64Array.from(
    peaks.flatMap(({ x, y }) => [Math.trunc(x * (width / size)), Math.trunc(y * (height / size))]),
  );
}

/** Image pixels without that loss, [C, 2]: the exact inverse of the label scaling (cell k is coordinate k). */
export function decodeExact(peaks: readonly Peak[], size: number, width: number, height: number): Float64Array {
  return Float64Array.from(peaks.flatMap(({ x, y }) => [(x * width) / size, (y * height) / size]));
}
