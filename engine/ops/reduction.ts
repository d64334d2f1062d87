import { kernels } from "../../kernels/index";
import { perElement, type Shape, sizeOf, type Tensor } from "../core/index";
import { ShapeError } from "../errors/index";

/** The axes that a reduction is over, one or several, from the end where negative; all for null. */
export type Axes = number | readonly number[] | null;

/** What kernels/reduce.wgsl makes of many values, by its `OP`. */
const OPS = { sum: 0, max: 1, min: 2 };
export type Reduction = keyof typeof OPS;

/** Terms one invocation takes in a row at most: longer reductions become a tree of passes. */
const LONGEST_CHAIN = 128;

/** Partial results that the next pass over `n` terms leaves, so that the passes still needed share the work evenly. */
export function partialResults(n: number): number {
  const passes = Math.max(1, Math.ceil(Math.log(n) / Math.log(LONGEST_CHAIN)));
  return passes === 1 ? 1 : Math.ceil(n ** ((passes - 1) / passes));
}

/** Sizes of a tensor as [outer, n, inner]. */
type Sizes = readonly [outer: number, n: number, inner: number];

/** y [outer, inner] = x [outer, n, inner] reduced along its middle axis, in as many passes as its length needs. */
function reduceMiddle(reduction: Reduction, x: Tensor, [outer, n, inner]: Sizes, y: Tensor, factor = 1): Tensor {
  const parts = partialResults(n);
  const last = parts === 1;
  const results = last ? y : x.gpu.empty([outer, parts, inner]);
  perElement(kernels.reduce, results, {
    params: { OP: OPS[reduction] },
    counter: "count",
    uniforms: { n, parts, inner, ...(reduction === "sum" && { factor: last ? factor : 1 }) },
    bindings: { x },
  });
  return last ? y : reduceMiddle(reduction, results, [outer, parts, inner], y, factor);
}

/** y [outer, inner] = factor * the sum of x [outer, n, inner] along its middle axis. */
export const sumMiddle = (x: Tensor, outer: number, n: number, inner: number, y: Tensor, factor = 1): Tensor =>
  reduceMiddle("sum", x, [outer, n, inner], y, factor);

/**
 * y = x reduced over `axes` (ascending). Neighbouring axes are reduced as one, the innermost run first.
 * @param factor of a sum
 */
export function reduceAxes(reduction: Reduction, x: Tensor, axes: readonly number[], y: Tensor, factor = 1): Tensor {
  if (axes.length === 0) return reduceMiddle(reduction, x, [x.size, 1, 1], y, factor);
  const end = axes[axes.length - 1] + 1;
  let begin = end - 1;
  while (axes.includes(begin - 1)) begin--;
  const rest = axes.filter((axis) => axis < begin);
  const [outer, n, inner] = [x.shape.slice(0, begin), x.shape.slice(begin, end), x.shape.slice(end)];
  const sizes: Sizes = [sizeOf(outer), sizeOf(n), sizeOf(inner)];
  if (rest.length === 0) return reduceMiddle(reduction, x, sizes, y, factor);
  const inside = reduceMiddle(reduction, x, sizes, x.gpu.empty([...outer, ...inner]));
  return reduceAxes(reduction, inside, rest, y, factor);
}

/** y = factor * the sum of x over `axes` (ascending). */
export const sumAxes = (x: Tensor, axes: readonly number[], y: Tensor, factor = 1): Tensor =>
  reduceAxes("sum", x, axes, y, factor);

/** `shape` with `axes` taken out, or left with size 1. */
export function without(shape: Shape, axes: readonly number[], keepdims: boolean): number[] {
  return keepdims ? shape.map((s, d) => (axes.includes(d) ? 1 : s)) : shape.filter((_, d) => !axes.includes(d));
}

/** A shape as [outer, n, inner] around one axis. */
export const splitAt = (shape: Shape, axis: number): { outer: number; n: number; inner: number } => ({
  outer: sizeOf(shape.slice(0, axis)),
  n: shape[axis],
  inner: sizeOf(shape.slice(axis + 1)),
});

/** Axes in ascending order, counted from the end where negative; all of them for null. @throws ShapeError */
export function resolveAxes(op: string, given: Axes, shape: Shape): number[] {
  if (given === null) return shape.map((_, d) => d);
  const axes = typeof given === "number" ? [given] : given;
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
