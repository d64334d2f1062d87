import { BLACK, MEAN, STD, WHITE } from "../index";
import type { Change } from "./change";
import { blurWeights } from "./pack";

/** What kernels/augment.wgsl computes, step by step in float64: blur, warp, colour, cutout. @param image [3, S, S] */
export function augmentReference(image: ArrayLike<number>, side: number, change: Change): Float64Array {
  const planes = [0, 1, 2].map((c) => blurPlane(plane(image, c, side), change.blur));
  const out = new Float64Array(3 * side * side);
  const centre = (side - 1) / 2;
  const [[a, b], [c, d]] = change.matrix;
  const determinant = a * d - b * c;
  const { cutout } = change;
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      if (cutout && x >= cutout.left && x < cutout.right && y >= cutout.top && y < cutout.bottom) continue;
      const dx = x - centre - change.shift[0];
      const dy = y - centre - change.shift[1];
      const qx = (d * dx - b * dy) / determinant + centre;
      const qy = (a * dy - c * dx) / determinant + centre;
      const rgb = planes.map((at, channel) => bilinear(at, qx, qy) * STD[channel] + MEAN[channel]);
      recolour(rgb, change).forEach((value, channel) => {
        const normalised = (value - MEAN[channel]) / STD[channel];
        out[(channel * side + y) * side + x] = Math.min(Math.max(normalised, BLACK[channel]), WHITE[channel]);
      });
    }
  }
  return out;
}

/** A channel as a function of whole pixels, black outside the image. */
type Plane = (x: number, y: number) => number;

const plane =
  (image: ArrayLike<number>, channel: number, side: number): Plane =>
  (x, y) =>
    x < 0 || y < 0 || x >= side || y >= side ? BLACK[channel] : image[(channel * side + y) * side + x];

function blurPlane(at: Plane, deviation: number): Plane {
  const weights = blurWeights(deviation);
  const radius = weights.length - 1;
  return (x, y) => {
    let sum = 0;
    for (let j = -radius; j <= radius; j++) {
      for (let i = -radius; i <= radius; i++) sum += weights[Math.abs(i)] * weights[Math.abs(j)] * at(x + i, y + j);
    }
    return sum;
  };
}

function bilinear(at: Plane, x: number, y: number): number {
  const [x0, y0] = [Math.floor(x), Math.floor(y)];
  const [fx, fy] = [x - x0, y - y0];
  const upper = at(x0, y0) * (1 - fx) + at(x0 + 1, y0) * fx;
  const lower = at(x0, y0 + 1) * (1 - fx) + at(x0 + 1, y0 + 1) * fx;
  return upper * (1 - fy) + lower * fy;
}

/** A colour from 0 to 1, not clamped. */
function recolour(rgb: number[], { brightness, contrast, saturation }: Change): number[] {
  const bright = rgb.map((v) => v * brightness);
  const contrasted = bright.map((v) => 0.5 + contrast * (v - 0.5));
  const grey = 0.299 * contrasted[0] + 0.587 * contrasted[1] + 0.114 * contrasted[2];
  return contrasted.map((v) => grey + saturation * (v - grey));
}
