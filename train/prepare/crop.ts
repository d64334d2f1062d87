import { CROP_BOXES, cubic, type RgbImage } from "../data/index";
import type { Box, Point } from "../pose/index";

/** A square of a photograph, drawn at another size. Lengths in the photograph's pixels. */
export interface Crop {
  readonly left: number;
  readonly top: number;
  readonly side: number;
  /** The drawn side in pixels. */
  readonly size: number;
}

/** The square of 2.2 times the box's longer side around its centre. */
export function cropAround({ x, y, width, height }: Box, size: number): Crop {
  const side = CROP_BOXES * Math.max(width, height);
  return { left: x + width / 2 - side / 2, top: y + height / 2 - side / 2, side, size };
}

/** From pixels of the photograph to pixels of the crop. */
export const toCrop = ({ left, top, side, size }: Crop, [x, y]: Point): Point => [
  ((x - left) * size) / side,
  ((y - top) * size) / side,
];

/**
 * Draws a crop, black outside the photograph. Bicubic with a kernel that widens when shrinking, as Pillow's, but at any
 * fraction of a pixel: pixel u shows what lies at left + u * side / size, so that labels moved by `toCrop` stay on it.
 */
export function drawCrop(photo: RgbImage, { left, top, side, size }: Crop): RgbImage {
  const columns = windowsAlong(left, side / size, size, photo.width);
  const rows = windowsAlong(top, side / size, size, photo.height);
  const first = Math.min(...rows.map((w) => w.first));
  const last = Math.max(...rows.map((w) => w.first + w.weights.length));
  const narrow = new Float32Array(Math.max(last - first, 0) * size * 3);
  for (let y = first, o = 0; y < last; y++) {
    for (const { first: x, weights } of columns) {
      let [red, green, blue] = [0, 0, 0];
      for (let t = 0, p = (y * photo.width + x) * 3; t < weights.length; t++, p += 3) {
        red += photo.data[p] * weights[t];
        green += photo.data[p + 1] * weights[t];
        blue += photo.data[p + 2] * weights[t];
      }
      narrow[o++] = red;
      narrow[o++] = green;
      narrow[o++] = blue;
    }
  }
  const data = new Uint8Array(size * size * 3);
  const stride = size * 3;
  const sums = new Float32Array(stride);
  for (const [y, row] of rows.entries()) {
    sums.fill(0);
    for (const [t, weight] of row.weights.entries()) {
      const from = (row.first - first + t) * stride;
      for (let i = 0; i < stride; i++) sums[i] += narrow[from + i] * weight;
    }
    for (let i = 0; i < stride; i++) data[y * stride + i] = Math.max(0, Math.min(255, Math.round(sums[i])));
  }
  return { width: size, height: size, data };
}

/** The source pixels that one output pixel is made of: the first, and a weight each. None where all lie outside. */
interface Window {
  readonly first: number;
  readonly weights: Float32Array;
}

function windowsAlong(origin: number, step: number, size: number, inSize: number): Window[] {
  const stretch = Math.max(step, 1);
  return Array.from({ length: size }, (_, u) => {
    const centre = origin + u * step;
    const from = Math.ceil(centre - 2 * stretch);
    const to = Math.floor(centre + 2 * stretch);
    const whole = Array.from({ length: to - from + 1 }, (_, t) => cubic((from + t - centre) / stretch));
    const sum = whole.reduce((a, b) => a + b, 0);
    // Pixels outside are black: their weights count in the sum and then fall away.
    const [begin, end] = [Math.min(Math.max(from, 0), inSize), Math.max(Math.min(to + 1, inSize), 0)];
    const weights = whole.slice(begin - from, Math.max(end, begin) - from).map((w) => w / sum);
    return { first: begin, weights: Float32Array.from(weights) };
  });
}
