import {
  coordinates,
  defineOp,
  gather,
  mapNd,
  nd,
  ramp,
  type Shape,
  scatter,
  strides,
  type Tensor,
} from "../core/index";
import { ShapeError } from "../errors/index";
import { resolveAxis } from "./reduction";

export interface SliceAttrs {
  axis: number;
  /** First index taken, counted from the end where negative. */
  start: number;
  /** The index after the last, counted from the end where negative. */
  end: number;
  /** Every `step`-th index; at least 1. */
  step: number;
}

/** Part of a tensor along one axis, as a copy. The gradient is gy in its place, zero elsewhere. */
export const sliceOp = defineOp<SliceAttrs>({
  name: "slice",
  half: "all",
  shape: ([x], attrs) => resolve(x, attrs).result,
  forward(_, [x], y, attrs) {
    gather("slice", x, resolve(x.shape, attrs).lattice, y);
  },
  vjp(gpu, _, { gy, shapes: [x], attrs, out }) {
    const gx = out(x);
    gpu.clear(gx);
    return scatter("slice", gy, gx, resolve(x, attrs).lattice);
  },
  reference([x], attrs) {
    const { result, axis, start } = resolve(x.shape, attrs);
    return mapNd(nd(result), (_, i) => {
      const where = coordinates(result, i);
      where[axis] = start + where[axis] * attrs.step;
      return x.data[strides(x.shape).reduce((sum, s, d) => sum + s * where[d], 0)];
    });
  },
  samples: () => [
    { inputs: [ramp([2, 7, 3, 5])], attrs: { axis: 1, start: 1, end: 7, step: 1 } },
    { inputs: [ramp([5, 3])], attrs: { axis: 0, start: 0, end: -1, step: 2 } },
    { inputs: [ramp([2, 8])], attrs: { axis: -1, start: -7, end: 8, step: 3 } },
  ],
  badShapes: [
    { shapes: [[2, 3]], attrs: { axis: 2, start: 0, end: 1, step: 1 } },
    { shapes: [[2, 3]], attrs: { axis: 1, start: 0, end: 4, step: 1 } },
    { shapes: [[2, 3]], attrs: { axis: 1, start: 2, end: 2, step: 1 } },
    { shapes: [[2, 3]], attrs: { axis: 1, start: 0, end: 2, step: 0 } },
  ],
});

/** The slice's shape and where it lies in x. */
function resolve(x: Shape, attrs: SliceAttrs) {
  const axis = resolveAxis("slice", attrs.axis, x);
  const [start, end] = [attrs.start, attrs.end].map((index) => (index < 0 ? index + x[axis] : index));
  const { step } = attrs;
  if (!(start >= 0 && start < end && end <= x[axis] && step >= 1 && [start, end, step].every(Number.isInteger))) {
    throw new ShapeError("slice", `no ${attrs.start} to ${attrs.end} by ${step} along axis ${axis}`, [x]);
  }
  const steps = strides(x);
  return {
    axis,
    start,
    result: x.map((size, d) => (d === axis ? Math.ceil((end - start) / step) : size)),
    lattice: { first: start * steps[axis], strides: steps.map((s, d) => (d === axis ? s * step : s)) },
  };
}

/**
 * Indices start, start + step, ... before `end` along `axis`, as a copy. Negative indices and axes count from the end.
 * @throws ShapeError when that is empty or reaches outside
 */
export const slice = (x: Tensor, axis: number, start: number, end: number, step = 1): Tensor =>
  sliceOp.apply([x], { axis, start, end, step });
