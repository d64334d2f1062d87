import {
  coordinates,
  defineOp,
  expectRank,
  gather,
  type Nd,
  nd,
  plainImages,
  ramp,
  readImages,
  type Shape,
  scatter,
  strides,
  type Tensor,
  withMargin,
  writeImages,
  writePlain,
} from "../core/index";
import { ShapeError } from "../errors/index";
import { resolveAxis } from "./reduction";
import { reshape } from "./reshape";

export interface ConcatAttrs {
  axis: number;
  /** Of images joined along their channels: zeros that the result's get on every side in memory; 0 by default. @internal */
  margin?: number;
}

/** Joins tensors along one axis; all other sizes agree. Each input's gradient is its own part of gy. */
export const concatOp = defineOp<ConcatAttrs>({
  name: "concat",
  half: "all",
  layouts: "all",
  shape(shapes, { axis, margin = 0 }) {
    const shape = joined("concat", shapes, axis);
    if (!(Number.isInteger(margin) && margin >= 0)) throw new ShapeError("concat", `no margin of ${margin}`, shapes);
    if (margin > 0) expectRank("concat", shape, 4);
    if (margin > 0 && resolveAxis("concat", axis, shape) !== 1) {
      throw new ShapeError("concat", "a margin is for images joined along their channels", shapes);
    }
    return shape;
  },
  layout: (_, [, , height, width], { margin = 0 }) => withMargin(height, width, margin),
  forward(_, inputs, y, attrs) {
    const axis = resolveAxis("concat", attrs.axis, y.shape);
    const steps = strides(y.shape);
    let begin = 0;
    for (const x of inputs) {
      if (y.layout) writeImages(y, x, { first: begin });
      else scatter("concat", plainImages(x), y, { first: begin * steps[axis], strides: steps });
      begin += x.shape[axis];
    }
  },
  rectified: (inputs, { margin = 0 }) => margin > 0 && inputs.every((x) => x.rectified),
  vjp(_, i, { gy, shapes, attrs, out }) {
    const axis = resolveAxis("concat", attrs.axis, gy.shape);
    const steps = strides(gy.shape);
    const begin = shapes.slice(0, i).reduce((sum, s) => sum + s[axis], 0);
    const gx = out(shapes[i]);
    writePlain(gx, (to) => {
      if (gy.layout) readImages(gy, to, begin);
      else gather("concat", gy, { first: begin * steps[axis], strides: steps }, to);
    });
    return gx;
  },
  reference(inputs, attrs) {
    const shape = joined(
      "concat",
      inputs.map((x) => x.shape),
      attrs.axis,
    );
    const axis = resolveAxis("concat", attrs.axis, shape);
    const y = nd(shape);
    y.data.forEach((_, i) => {
      const where = coordinates(shape, i);
      let k = 0;
      for (; where[axis] >= inputs[k].shape[axis]; k++) where[axis] -= inputs[k].shape[axis];
      y.data[i] = at(inputs[k], where);
    });
    return y;
  },
  samples: () => [
    { inputs: [ramp([2, 5, 3, 4]), ramp([2, 1, 3, 4], -1, 1, 2), ramp([2, 3, 3, 4], -1, 1, 3)], attrs: { axis: 1 } },
    { inputs: [ramp([2, 3]), ramp([4, 3], -1, 1, 2)], attrs: { axis: 0 } },
    { inputs: [ramp([2, 3, 2]), ramp([2, 3, 5], -1, 1, 2)], attrs: { axis: -1 } },
    { inputs: [ramp([3])], attrs: { axis: 0 } },
    // Into a margin, out of one, and out of one into another.
    {
      inputs: [ramp([2, 3, 4, 8]), ramp([2, 1, 4, 8], -1, 1, 2), ramp([2, 2, 4, 8], -1, 1, 3)],
      attrs: { axis: 1, margin: 3 },
    },
    { inputs: [ramp([1, 2, 3, 5])], attrs: { axis: 1, margin: 1 } },
    { inputs: [ramp([3, 1, 1, 1]), ramp([3, 2, 1, 1], -1, 1, 2)], attrs: { axis: -3 }, margin: 2 },
    { inputs: [ramp([1, 2, 3, 5]), ramp([1, 2, 4, 5], -1, 1, 2)], attrs: { axis: 2 }, margin: 1 },
    { inputs: [ramp([1, 2, 3, 5]), ramp([1, 1, 3, 5], -1, 1, 2)], attrs: { axis: 1, margin: 3 }, margin: 1 },
  ],
  badShapes: [
    { shapes: [[3, 4, 5]], attrs: { axis: 1, margin: 1 } },
    { shapes: [[1, 3, 4, 5]], attrs: { axis: 0, margin: 1 } },
    { shapes: [[1, 3, 4, 5]], attrs: { axis: 1, margin: 0.5 } },
    {
      shapes: [
        [2, 3],
        [2, 3, 1],
      ],
      attrs: { axis: 0 },
    },
    {
      shapes: [
        [2, 3],
        [3, 4],
      ],
      attrs: { axis: 1 },
    },
    { shapes: [[2], [2]], attrs: { axis: 1 } },
  ],
});

function joined(op: string, shapes: readonly Shape[], wanted: number): Shape {
  const [first] = shapes;
  const axis = resolveAxis(op, wanted, first);
  for (const s of shapes) {
    if (s.length !== first.length || s.some((size, d) => d !== axis && size !== first[d])) {
      throw new ShapeError(op, `sizes differ off axis ${axis}`, shapes);
    }
  }
  return first.map((size, d) => (d === axis ? shapes.reduce((sum, s) => sum + s[axis], 0) : size));
}

const at = (x: Nd, where: readonly number[]): number =>
  x.data[strides(x.shape).reduce((sum, s, d) => sum + s * where[d], 0)];

/** Joins tensors along `axis` (from the end where negative). @throws ShapeError */
export const concat = (inputs: readonly Tensor[], axis: number): Tensor => concatOp.apply(inputs, { axis });

/** Images [n, c, h, w] joined along their channels, with `margin` zeros on every side in memory. @throws ShapeError @internal */
export const joinWithMargin = (inputs: readonly Tensor[], margin: number): Tensor =>
  concatOp.apply(inputs, { axis: 1, margin });

/** Joins tensors of one shape along a new axis of the result (from the end where negative; the first by default). @throws ShapeError */
export function stack(inputs: readonly Tensor[], axis = 0): Tensor {
  const at = (shape: Shape) => resolveAxis("stack", axis, [...shape, inputs.length]);
  return concat(
    inputs.map((x) => reshape(x, x.shape.toSpliced(at(x.shape), 0, 1))),
    axis,
  );
}
