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

export interface TransposeAttrs {
  /** For each axis of the result, the axis of x it comes from, counted from the end where negative. */
  axes: readonly number[];
}

/** The axes of x in the result's order. @throws ShapeError unless each of them occurs once */
function orderOf(x: Shape, axes: readonly number[]): number[] {
  const order = axes.map((axis) => resolveAxis("transpose", axis, x));
  if (order.length !== x.length || new Set(order).size < x.length) {
    throw new ShapeError("transpose", `[${axes.join(", ")}] is no order of the axes`, [x]);
  }
  return order;
}

/** x's strides in the result's order of axes. */
function permuted(x: Shape, axes: readonly number[]): number[] {
  const steps = strides(x);
  return orderOf(x, axes).map((axis) => steps[axis]);
}

/** Reorders the axes, as a copy: NumPy's transpose, PyTorch's permute. The gradient goes back the same way. */
export const transposeOp = defineOp<TransposeAttrs>({
  name: "transpose",
  half: "all",
  shape: ([x], { axes }) => orderOf(x, axes).map((axis) => x[axis]),
  forward: (_, [x], y, { axes }) => void gather("transpose", x, { strides: permuted(x.shape, axes) }, y),
  vjp: (_, __, { gy, shapes: [x], attrs: { axes }, out }) =>
    scatter("transpose", gy, out(x), { strides: permuted(x, axes) }),
  reference([x], { axes }) {
    const y = nd(orderOf(x.shape, axes).map((axis) => x.shape[axis]));
    const steps = permuted(x.shape, axes);
    return mapNd(y, (_, i) => x.data[coordinates(y.shape, i).reduce((at, c, d) => at + c * steps[d], 0)]);
  },
  samples: () => [
    { inputs: [ramp([3, 5])], attrs: { axes: [1, 0] } },
    { inputs: [ramp([2, 3, 5, 4])], attrs: { axes: [0, 2, 3, 1] } },
    { inputs: [ramp([2, 3, 4])], attrs: { axes: [2, 0, 1] } },
    { inputs: [ramp([2, 3, 4])], attrs: { axes: [-1, 0, -2] } },
  ],
  badShapes: [
    { shapes: [[2, 3]], attrs: { axes: [0, 0] } },
    { shapes: [[2, 3]], attrs: { axes: [0, 1, 2] } },
    { shapes: [[2, 3]], attrs: { axes: [1, -1] } },
    { shapes: [[2, 3]], attrs: { axes: [1] } },
    { shapes: [[2, 3]], attrs: { axes: [1, -3] } },
  ],
});

/** x with its axes in the given order, counted from the end where negative; the last two swapped by default. @throws ShapeError */
export function transpose(x: Tensor, axes?: readonly number[]): Tensor {
  const order = [...x.shape.keys()];
  return transposeOp.apply([x], { axes: axes ?? [...order.slice(0, -2), ...order.slice(-2).reverse()] });
}
