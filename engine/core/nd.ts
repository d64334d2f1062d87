import { type Shape, sizeOf } from "./tensor";

/** A float64 array on the CPU: what the ops' plain references compute with. */
export interface Nd {
  readonly shape: Shape;
  readonly data: Float64Array;
}

/** An array of the given values, row-major; zeros where none are given. */
export const nd = (shape: Shape, data?: ArrayLike<number>): Nd => ({
  shape,
  data: data ? Float64Array.from(data) : new Float64Array(sizeOf(shape)),
});

/** Applies a function to every element. */
export const mapNd = (x: Nd, f: (v: number, i: number) => number): Nd => ({ shape: x.shape, data: x.data.map(f) });

/** Row-major strides: how far apart neighbours along each axis lie. */
export function strides(shape: Shape): number[] {
  const out = new Array<number>(shape.length);
  for (let i = shape.length - 1, s = 1; i >= 0; i--) {
    out[i] = s;
    s *= shape[i];
  }
  return out;
}

/** Where element `i` of a row-major array lies along each axis. */
export function coordinates(shape: Shape, i: number): number[] {
  const out = new Array<number>(shape.length);
  for (let d = shape.length - 1, rest = i; d >= 0; d--) {
    out[d] = rest % shape[d];
    rest = Math.floor(rest / shape[d]);
  }
  return out;
}

/** Deterministic sample values in [low, high), spread well apart (a golden-ratio sequence), the same on every run. */
export function ramp(shape: Shape, low = -1, high = 1, seed = 0): Nd {
  const out = nd(shape);
  for (let i = 0; i < out.data.length; i++) {
    const t = (0.5 + (i + 1 + seed * 97) * 0.618033988749895) % 1;
    out.data[i] = Math.fround(low + t * (high - low));
  }
  return out;
}
