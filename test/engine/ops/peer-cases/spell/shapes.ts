import type { Shape, Tensor } from "../../../../../engine/core/tensor";
import { concat, mul, pad, reshape, slice, sum, transpose } from "../../../../../engine/ops/index";

/** So many before and after the values along each axis; no more where none are named. */
export interface Sides {
  before: readonly number[];
  after: readonly number[];
}

/** A constant, on the device of `like`. */
export const filled = (like: Tensor, shape: Shape, value: number): Tensor =>
  like.gpu.tensor(new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(value), shape);

/** x with `value` around it. */
export const surround = (x: Tensor, { before, after }: Sides, value = 0): Tensor =>
  pad(
    x,
    x.shape.map((_, d) => [before[d] ?? 0, after[d] ?? 0]),
    value,
  );

/** An axis from its start. */
export const forward = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);
export const without = (shape: Shape, axes: readonly number[]): number[] => shape.filter((_, d) => !axes.includes(d));

/** Part of x: from `begin`, so many along each axis (-1, or an axis not named: to its end). */
export const cut = (x: Tensor, begin: readonly number[], size: readonly number[] = []): Tensor =>
  begin.reduce((rest, first, axis) => {
    const count = size[axis] ?? -1;
    const end = count < 0 ? rest.shape[axis] : first + count;
    return first === 0 && end === rest.shape[axis] ? rest : slice(rest, axis, first, end);
  }, x);

export const expandDims = (x: Tensor, axis: number): Tensor => {
  const shape = [...x.shape];
  shape.splice(axis < 0 ? axis + shape.length + 1 : axis, 0, 1);
  return reshape(x, shape);
};

export function reverse(x: Tensor, axes: readonly number[] = [...x.shape.keys()]): Tensor {
  return axes.reduce((y, wanted) => {
    const axis = forward(wanted, y.shape.length);
    const places = Array.from({ length: y.shape[axis] }, (_, i) => slice(y, axis, i, i + 1));
    return concat(places.reverse(), axis);
  }, x);
}

/** Blocks of neighbours become a finer grid: the first axis [blocks..., n] moves into the axes after it, then crops. */
export function batchToSpace(x: Tensor, block: readonly number[], crops: Sides): Tensor {
  const [batch, ...inner] = x.shape;
  const n = batch / block.reduce((a, b) => a * b, 1);
  const m = block.length;
  const blocks = reshape(x, [...block, n, ...inner]);
  const between = block.flatMap((_, d) => [m + 1 + d, d]);
  const rest = inner.slice(m).map((_, d) => 2 * m + 1 + d);
  const grid = reshape(transpose(blocks, [m, ...between, ...rest]), [
    n,
    ...inner.map((size, d) => size * (block[d] ?? 1)),
  ]);
  const size = block.map((_, d) => grid.shape[d + 1] - crops.before[d] - crops.after[d]);
  return cut(grid, [0, ...crops.before], [n, ...size]);
}

/** The way back from batchToSpace, with margins of zeros in the place of its crops. */
export function spaceToBatch(x: Tensor, block: readonly number[], around: Sides): Tensor {
  const grid = surround(x, { before: [0, ...around.before], after: [0, ...around.after] });
  const [n, ...inner] = grid.shape;
  const m = block.length;
  const split = inner.slice(0, m).flatMap((size, d) => [size / block[d], block[d]]);
  const rest = inner.slice(m);
  const [coarse, fine] = [1, 2].map((first) => block.map((_, d) => first + 2 * d));
  const order = [...fine, 0, ...coarse, ...rest.map((_, d) => 1 + 2 * m + d)];
  const [batch, coarser] = [block.reduce((a, b) => a * b, n), block.map((b, d) => inner[d] / b)];
  return reshape(transpose(reshape(grid, [n, ...split, ...rest]), order), [batch, ...coarser, ...rest]);
}

/** Sums of products by Einstein's convention: every operand along all the letters' axes, multiplied and summed. */
export function einsum(inputs: readonly Tensor[], equation: string): Tensor {
  const [from, to] = equation.split("->");
  const letters = [...new Set(from.replaceAll(",", ""))].sort();
  const product = from
    .split(",")
    .map((own, i) => {
      const order = [...own].sort();
      const sorted =
        own.length > 1
          ? transpose(
              inputs[i],
              order.map((c) => own.indexOf(c)),
            )
          : inputs[i];
      return reshape(
        sorted,
        letters.map((c) => (own.includes(c) ? inputs[i].shape[own.indexOf(c)] : 1)),
      );
    })
    .reduce(mul);
  const kept = letters.filter((c) => to.includes(c));
  const summed = sum(
    product,
    letters.flatMap((c, d) => (to.includes(c) ? [] : [d])),
  );
  return to.length > 1
    ? transpose(
        summed,
        [...to].map((c) => kept.indexOf(c)),
      )
    : summed;
}
