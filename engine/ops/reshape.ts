import { defineOp, nd, ramp, type Shape, sizeOf, type Tensor } from "../core/index";
import { ShapeError } from "../errors/index";

export interface ReshapeAttrs {
  /** One size may be -1: what is left for it. */
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
  shape: ([x], { shape }) => inferred(x, shape),
  vjp: (_, __, { gy, shapes: [x] }) => gy.alias(x),
  reference: ([x], { shape }) => nd(inferred(x.shape, shape), x.data),
  samples: () => [
    { inputs: [ramp([2, 3, 4])], attrs: { shape: [4, 6] } },
    { inputs: [ramp([1])], attrs: { shape: [] } },
    { inputs: [ramp([2, 3, 4])], attrs: { shape: [3, -1, 2] } },
    { inputs: [ramp([])], attrs: { shape: [-1] } },
  ],
  badShapes: [
    { shapes: [[2, 3]], attrs: { shape: [7] } },
    { shapes: [[2, 3]], attrs: { shape: [-1, 4] } },
    { shapes: [[2, 3]], attrs: { shape: [-1, -1, 6] } },
    { shapes: [[2, 3]], attrs: { shape: [-2, -3] } },
    { shapes: [[2, 3]], attrs: { shape: [1.5, 4] } },
    { shapes: [[0, 3]], attrs: { shape: [-1, 0] } },
  ],
});

/** A shape with the size that is -1 worked out. @throws ShapeError where that is none, or the sizes differ */
function inferred(x: Shape, shape: Shape): number[] {
  const fail = (why: string): never => {
    throw new ShapeError("reshape", why, [x, shape]);
  };
  const open = shape.filter((size) => size === -1).length;
  if (open > 1) fail("one size at most is -1");
  if (!shape.every((size) => size === -1 || (Number.isInteger(size) && size >= 0))) fail("no such shape");
  const others = sizeOf(shape.filter((size) => size !== -1));
  if (open === 1 && others === 0) fail("any size would do for -1");
  const rest = sizeOf(x) / others;
  if (open === 1 ? !Number.isInteger(rest) : others !== sizeOf(x)) fail("sizes differ");
  return shape.map((size) => (size === -1 ? rest : size));
}

/** The same values, row-major, under another shape: a view, not a copy. One size may be -1, for what is left. @throws ShapeError when the sizes differ */
export const reshape = (x: Tensor, shape: Shape): Tensor => reshapeOp.apply([x], { shape });
