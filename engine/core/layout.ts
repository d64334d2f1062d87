import type { Shape } from "./tensor";

/**
 * Where the images of a tensor [n, c, h, w] lie in memory, in values: each in a plane of `rows` x `pitch`, from row `top` and
 * column `left` on. Around an image are zeros, so that a convolution reads past its edges; around a gradient's is whatever was
 * there, but where it is `rectified`. Rows start at a vec4.
 */
export interface Layout {
  readonly rows: number;
  readonly pitch: number;
  readonly top: number;
  readonly left: number;
}

/** `top` rows of zeros above and below an image [h, w], `left` columns on both sides. */
export function zerosAround(h: number, w: number, top: number, left: number): Layout {
  // Kernels read whole vec4 of an image's row, and the window of the last pixel among them.
  return { rows: h + 2 * top, pitch: roundUp4(roundUp4(w) + 2 * left), top, left };
}

/** Images [h, w] one after another, as any tensor's values. */
export const contiguous = (h: number, w: number): Layout => ({ rows: h, pitch: w, top: 0, left: 0 });

/** With as many zeros on every side; null without any, where images are contiguous. */
export const withMargin = (h: number, w: number, margin: number): Layout | null =>
  margin > 0 ? zerosAround(h, w, margin, margin) : null;

/** How a tensor of images lies. */
export const layoutOf = ({ shape: [, , h, w], layout }: { shape: Shape; layout: Layout | null }): Layout =>
  layout ?? contiguous(h, w);

/** Values from one plane to the next, from one row to the next, and from a plane's start to the image's first value. */
export const planeOf = ({ rows, pitch, top, left }: Layout) => ({
  plane: rows * pitch,
  pitch,
  start: top * pitch + left,
});

/** Whether two tensors of images of one size lie alike; null is how those without a layout do. */
export const sameLayout = (a: Layout | null, b: Layout | null): boolean =>
  a === b ||
  (a !== null && b !== null && a.rows === b.rows && a.pitch === b.pitch && a.top === b.top && a.left === b.left);

const roundUp4 = (v: number): number => Math.ceil(v / 4) * 4;
