import { skeletonOf } from "../../train/config/index";
import { cellsOf } from "../../train/pose/index";
import type { ConvCase, LossCase, MaskCase } from "./layers";

/** Numbers in [-1, 1) that depend on `seed` alone (xorshift32, Marsaglia 2003). */
export function pattern(length: number, seed: number): Float32Array {
  const values = new Float32Array(length);
  let state = Math.imul(seed + 1, 0x9e3779b1) | 1;
  for (let i = 0; i < length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    values[i] = state / 2 ** 31;
  }
  return values;
}

/** A convolution's image, weights, bias and gradient of the result, PyTorch's layout. */
export function convData({ batch, ci, co, kernel, size }: ConvCase) {
  const shapes = {
    x: [batch, ci, size, size],
    w: [co, ci, kernel, kernel],
    b: [co],
    gy: [batch, co, size, size],
  } as const;
  const make = (shape: readonly number[], seed: number) =>
    pattern(
      shape.reduce((a, b) => a * b, 1),
      seed,
    );
  return {
    shapes,
    x: make(shapes.x, 1),
    w: make(shapes.w, 2),
    b: make(shapes.b, 3),
    gy: make(shapes.gy, 4),
  };
}

/** A loss's predictions and targets, both within (0, 1), and what its sum is divided by. */
export function lossData({ shape }: LossCase) {
  const size = shape.reduce((a, b) => a * b, 1);
  const probabilities = (seed: number) => pattern(size, seed).map((v) => 0.5 + 0.49 * v);
  return { prediction: probabilities(1), target: probabilities(2), divisor: shape[0] * 46 * 46 };
}

/** Joints somewhere on the maps: [batch, J, 2] in map units. */
export function maskLabels({ config }: MaskCase): Float64Array {
  const coordinates = 2 * skeletonOf(config).joints.length;
  const most = cellsOf(config.image_size) - 1;
  return Float64Array.from(pattern(config.batch_size * coordinates, 1), (v) => ((v + 1) / 2) * most);
}

/** Learning rate of the Adam case. */
export const ADAM_LR = 1e-3;
