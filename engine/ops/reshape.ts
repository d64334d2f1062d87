import { ShapeError } from "../errors";
import { nd, ramp } from "../nd";
import { type Shape, sizeOf, type Tensor } from "../tensor";
import { defineOp } from "./op";

export interface ReshapeAttrs {
  shape: Shape;
}

/**
 * The same values under another shape of the same size: a view of the same memory, nothing is computed or copied. The
 * memory lives as long as either tensor does; writing into one changes the other.
 */
export const reshapeOp = defineOp<ReshapeAttrs>({
  name: "reshape",
  half: "all",
  view: true,
  rectified: ([x]) => x.rectified,
  forward() {},
  shape([x], { shape }) {
    if (sizeOf(shape) !== sizeOf(x)) throw new ShapeError("reshape", "sizes differ", [x, shape]);
    return shape;
  },
  vjp: (_, __, { gy, shapes: [x] }) => gy.alias(x),
  reference: ([x], { shape }) => nd(shape, x.data),
  samples: () => [
    { inputs: [ramp([2, 3, 4])], attrs: { shape: [4, 6] } },
    { inputs: [ramp([1])], attrs: { shape: [] } },
  ],
  badShapes: [{ shapes: [[2, 3]], attrs: { shape: [7] } }],
});

/** The same values, row-major, under another shape: a view, not a copy. @throws ShapeError when the sizes differ */
export const reshape = (x: Tensor, shape: Shape): Tensor => reshapeOp.apply([x], { shape });
