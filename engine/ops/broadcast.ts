import { type Shape, strides, type Tensor } from "../core/index";
import { ShapeError } from "../errors/index";
import { sumAxes } from "./reduction";

/**
 * NumPy's broadcasting: shapes are aligned at their last axis, and an axis of size 1 or absent repeats.
 * @throws ShapeError when two sizes differ and neither is 1.
 */
export function broadcastShape(op: string, a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, d) => {
    const [p, q] = [a[d - rank + a.length] ?? 1, b[d - rank + b.length] ?? 1];
    if (p !== q && p !== 1 && q !== 1) throw new ShapeError(op, "shapes do not broadcast", [a, b]);
    return p === 1 ? q : p;
  });
}

/** A tensor's strides along the axes of `to`, 0 where it repeats. */
export function broadcastStrides(shape: Shape, to: Shape): number[] {
  const own = strides(shape);
  const missing = to.length - shape.length;
  return to.map((_, d) => (d < missing || shape[d - missing] === 1 ? 0 : own[d - missing]));
}

/** The axes of `to` along which `shape` repeats. */
export function broadcastAxes(shape: Shape, to: Shape): number[] {
  const missing = to.length - shape.length;
  return to.flatMap((size, d) => (d < missing || (shape[d - missing] === 1 && size !== 1) ? [d] : []));
}

/** y = factor * g summed over the axes along which y's shape had been repeated: broadcasting's gradient. */
export const sumTo = (g: Tensor, y: Tensor, factor = 1): Tensor =>
  sumAxes(g, broadcastAxes(y.shape, g.shape), y, factor);
