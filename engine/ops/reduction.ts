import { kernels } from "../../kernels/index";
import { ShapeError } from "../errors";
import { type Shape, sizeOf, type Tensor } from "../tensor";
import { perElement } from "./launch";

/** Terms one invocation adds in a row at most: longer sums become a tree of passes. */
const LONGEST_CHAIN = 128;

/** Partial sums that the next pass over `n` terms leaves, so that the passes still needed share the work evenly. */
export function partialSums(n: number): number {
  const passes = Math.max(1, Math.ceil(Math.log(n) / Math.log(LONGEST_CHAIN)));
  return passes === 1 ? 1 : Math.ceil(n ** ((passes - 1) / passes));
}

/** y [outer, inner] = factor * the sum of x [outer, n, inner] along its middle axis, in as many passes as its length needs. */
export function sumMiddle(x: Tensor, outer: number, n: number, inner: number, y: Tensor, factor = 1): Tensor {
  const parts = partialSums(n);
  const last = parts === 1;
  const sums = last ? y : x.gpu.empty([outer, parts, inner]);
  perElement(kernels.reduce, sums, {
    counter: "count",
    uniforms: { n, parts, inner, factor: last ? factor : 1 },
    bindings: { x },
  });
  return last ? y : sumMiddle(sums, outer, parts, inner, y, factor);
}

/** y = factor * the sum of x over `axes` (ascending). Neighbouring axes are summed as one, the innermost run first. */
export function sumAxes(x: Tensor, axes: readonly number[], y: Tensor, factor = 1): Tensor {
  if (axes.length === 0) return sumMiddle(x, x.size, 1, 1, y, factor);
  const end = axes[axes.length - 1] + 1;
  let begin = end - 1;
  while (axes.includes(begin - 1)) begin--;
  const rest = axes.filter((axis) => axis < begin);
  const [outer, n, inner] = [x.shape.slice(0, begin), x.shape.slice(begin, end), x.shape.slice(end)];
  const sizes = [sizeOf(outer), sizeOf(n), sizeOf(inner)] as const;
  if (rest.length === 0) return sumMiddle(x, ...sizes, y, factor);
  return sumAxes(sumMiddle(x, ...sizes, x.gpu.empty([...outer, ...inner])), rest, y, factor);
}

/** A shape as [outer, n, inner] around one axis. */
export const splitAt = (shape: Shape, axis: number): { outer: number; n: number; inner: number } => ({
  outer: sizeOf(shape.slice(0, axis)),
  n: shape[axis],
  inner: sizeOf(shape.slice(axis + 1)),
});

/** Axes in ascending order, counted from the end where negative; all of them for null. @throws ShapeError */
export function resolveAxes(op: string, axes: readonly number[] | null, shape: Shape): number[] {
  if (!axes) return shape.map((_, d) => d);
  const resolved = axes.map((axis) => resolveAxis(op, axis, shape)).sort((a, b) => a - b);
  if (new Set(resolved).size < resolved.length) throw new ShapeError(op, `axes [${axes.join(", ")}] repeat`, [shape]);
  return resolved;
}

/** An axis's index, counted from the end where negative. @throws ShapeError */
export function resolveAxis(op: string, axis: number, shape: Shape): number {
  const resolved = axis < 0 ? axis + shape.length : axis;
  if (!(Number.isInteger(resolved) && resolved >= 0 && resolved < shape.length)) {
    throw new ShapeError(op, `no axis ${axis}`, [shape]);
  }
  return resolved;
}
