import { kernels } from "../../kernels/index";
import type { UniformValues } from "../device/index";
import { ShapeError } from "../errors/index";
import { perElement } from "./launch";
import { strides } from "./nd";
import type { Shape, Tensor } from "./tensor";

const MOST_DIMENSIONS = 8;

/** What kernels/include/walk.wgsl needs: its RANK, and its part of the uniforms. */
export interface Walk {
  params: { RANK: number };
  uniforms: UniformValues;
}

/**
 * Numbers for kernels/include/walk.wgsl: an index space and two arrays' strides along its axes, outermost first. Axes that both
 * arrays step through as one are merged, so the common cases walk one or two dimensions whatever the rank.
 * @param least the rank to walk at least, 1 by default: with as many as there are axes, all sizes share one pipeline
 * @throws ShapeError when more than eight dimensions remain.
 */
export function planWalk(
  op: string,
  sizes: Shape,
  aStrides: readonly number[],
  bStrides: readonly number[],
  least = 1,
): Walk {
  const axes: { size: number; a: number; b: number }[] = [];
  for (let d = sizes.length - 1; d >= 0; d--) {
    const [size, a, b] = [sizes[d], aStrides[d], bStrides[d]];
    if (size === 1) continue;
    const inner = axes.at(-1);
    if (inner && a === inner.a * inner.size && b === inner.b * inner.size) inner.size *= size;
    else axes.push({ size, a, b });
  }
  if (axes.length > MOST_DIMENSIONS) throw new ShapeError(op, `more than ${MOST_DIMENSIONS} separate axes`, [sizes]);
  const vectors = (name: string, key: "size" | "a" | "b", unused: number) => {
    const values = Array.from({ length: MOST_DIMENSIONS }, (_, d) => axes[d]?.[key] ?? unused);
    return { [`${name}Lo`]: values.slice(0, 4), [`${name}Hi`]: values.slice(4) };
  };
  return {
    params: { RANK: Math.max(least, axes.length) },
    uniforms: { ...vectors("sizes", "size", 1), ...vectors("aStrides", "a", 0), ...vectors("bStrides", "b", 0) },
  };
}

/** Where a strided copy reads or writes: the offset of its first element and a stride for each axis. */
export interface Lattice {
  first?: number;
  strides: readonly number[];
}

/** Copies an index space of `sizes` from x to y, each with its own strides; what it does not reach in y stays as it is. */
export function stridedCopy(
  op: string,
  sizes: Shape,
  x: Tensor,
  from: Lattice,
  y: Tensor,
  to: Lattice,
  leastRank?: number,
): Tensor {
  const { params, uniforms } = planWalk(op, sizes, from.strides, to.strides, leastRank);
  return perElement(kernels.strided_copy, y, {
    params,
    uniforms: { xFirst: from.first ?? 0, yFirst: to.first ?? 0, ...uniforms },
    bindings: { x },
    count: sizes.reduce((a, b) => a * b, 1),
  });
}

/** Fills `y` with x read through `from`: every element of y is written. */
export const gather = (op: string, x: Tensor, from: Lattice, y: Tensor, leastRank?: number): Tensor =>
  stridedCopy(op, y.shape, x, from, y, { strides: strides(y.shape) }, leastRank);

/** Writes every element of x into `y` through `to`. */
export const scatter = (op: string, x: Tensor, y: Tensor, to: Lattice): Tensor =>
  stridedCopy(op, x.shape, x, { strides: strides(x.shape) }, y, to);
