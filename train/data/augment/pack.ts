import { MEAN, STD } from "../index";
import type { Change } from "./change";

/** Floats a change takes in kernels/augment.wgsl. */
export const CHANGE_FLOATS = 32;
/** Distances from a pixel that a blur reaches at most, the pixel itself counted. */
export const BLUR_TAPS = 8;

/** Share of red, green and blue in a pixel's grey (ITU-R BT.601). */
const LUMA = [0.299, 0.587, 0.114];

/** A change as the kernel reads it, computed in float64. */
export function packChange(change: Change, side: number): number[] {
  const centre = (side - 1) / 2;
  const inverse = invert(change.matrix);
  const [tx, ty] = change.shift;
  const weights = blurWeights(change.blur);
  const { left, top, right, bottom } = change.cutout ?? { left: 0, top: 0, right: 0, bottom: 0 };
  const [toX, toY] = inverse.map(([a, b]) => [a, b, centre - (a * tx + b * ty)]);
  return [
    ...[...toX, weights.length - 1],
    ...[...toY, 0],
    ...colourRows(change).flat(),
    ...[left, top, right, bottom],
    ...Array.from({ length: BLUR_TAPS }, (_, i) => weights[i] ?? 0),
  ];
}

function invert([[a, b], [c, d]]: Change["matrix"]): [[number, number], [number, number]] {
  const determinant = a * d - b * c;
  return [
    [d / determinant, -b / determinant],
    [-c / determinant, a / determinant],
  ];
}

/** A Gaussian at distances 0, 1, ... as far as two standard deviations, such that both sides sum to 1; [1] for none. */
export function blurWeights(deviation: number): number[] {
  const radius = Math.min(Math.ceil(2 * deviation), BLUR_TAPS - 1);
  const bell = Array.from({ length: radius + 1 }, (_, i) => (i === 0 ? 1 : Math.exp(-(i * i) / (2 * deviation ** 2))));
  const total = bell.reduce((sum, value, i) => sum + (i === 0 ? 1 : 2) * value, 0);
  return bell.map((value) => value / total);
}

/**
 * Brightness, contrast and saturation in this order, as one affine map of normalised colours: three rows of a matrix, each
 * followed by its offset. In colours from 0 to 1 they are v -> b v, v -> 1/2 + c (v - 1/2), v -> grey + s (v - grey).
 */
export function colourRows({ brightness, contrast, saturation }: Change): number[][] {
  const factor = brightness * contrast;
  const offset = 0.5 * (1 - contrast); // a grey, which the saturation leaves as it is
  return STD.map((std, row) => {
    const unit = LUMA.map((l, column) => factor * ((row === column ? saturation : 0) + (1 - saturation) * l));
    const mean = unit.reduce((sum, value, column) => sum + value * MEAN[column], 0);
    return [...unit.map((value, column) => (value * STD[column]) / std), (mean + offset - MEAN[row]) / std];
  });
}
