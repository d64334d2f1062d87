import {
  coordinates,
  defineOp,
  gather,
  type Nd,
  nd,
  type Op,
  ramp,
  type Shape,
  sizeOf,
  type Tensor,
} from "../core/index";
import { affine } from "./affine";
import { broadcastStrides } from "./broadcast";
import { type Axes, resolveAxes, sumAxes, without } from "./reduction";

export interface SumAttrs {
  /** Axes summed over (from the end where negative); all for null. */
  axes: Axes;
  /** Keep the axes, with size 1. */
  keepdims: boolean;
}

/** `weight` times the sum, the weight from the number of terms: 1 for a sum, 1 / terms for a mean. */
function defineSum(name: string, weight: (terms: number) => number): Op<SumAttrs> {
  const terms = (shape: Shape, axes: readonly number[]) => axes.reduce((n, d) => n * shape[d], 1);
  return defineOp<SumAttrs>({
    name,
    shape: ([x], { axes, keepdims }) => without(x, resolveAxes(name, axes, x), keepdims),
    forward(_, [x], y, attrs) {
      const axes = resolveAxes(name, attrs.axes, x.shape);
      sumAxes(x, axes, y, weight(terms(x.shape, axes)));
    },
    vjp(gpu, _, { gy, shapes: [x], attrs, out }) {
      const axes = resolveAxes(name, attrs.axes, x);
      const factor = weight(terms(x, axes));
      const g = factor === 1 ? gy : gpu.empty(gy.shape);
      if (factor !== 1) affine(gy, g, { factor, offset: -0 });
      return gather(name, g, { strides: broadcastStrides(without(x, axes, true), x) }, out(x));
    },
    reference: ([x], attrs) => sumReference(x, attrs, weight),
    samples: () => [
      { inputs: [ramp([2, 3, 5])], attrs: { axes: null, keepdims: false } },
      { inputs: [ramp([2, 3, 5, 2])], attrs: { axes: [0, 2], keepdims: false } },
      { inputs: [ramp([3, 4, 2])], attrs: { axes: [-2], keepdims: true } },
      { inputs: [ramp([151, 3])], attrs: { axes: [0], keepdims: false } },
      { inputs: [ramp([4])], attrs: { axes: [], keepdims: false } },
    ],
    badShapes: [
      { shapes: [[2, 3]], attrs: { axes: [2], keepdims: false } },
      { shapes: [[2, 3]], attrs: { axes: [1, -1], keepdims: false } },
    ],
  });
}

/** Sum over the given axes, in a fixed order: the same bits on every run, rounding near that of a pairwise sum. */
export const sumOp = defineSum("sum", () => 1);
/** Mean over the given axes. */
export const meanOp = defineSum("mean", (terms) => 1 / terms);

function sumReference(x: Nd, attrs: SumAttrs, weight: (terms: number) => number): Nd {
  const axes = resolveAxes("reference", attrs.axes, x.shape);
  const y = nd(without(x.shape, axes, attrs.keepdims));
  const kept = without(x.shape, axes, true);
  const factor = weight(sizeOf(x.shape) / sizeOf(kept));
  const steps = broadcastStrides(kept, x.shape);
  x.data.forEach((v, i) => {
    y.data[coordinates(x.shape, i).reduce((at, c, d) => at + c * steps[d], 0)] += factor * v;
  });
  return y;
}

/** Sum over `axes`, or over everything (a scalar of shape []). @throws ShapeError */
export const sum = (x: Tensor, axes: Axes = null, keepdims = false): Tensor => sumOp.apply([x], { axes, keepdims });
/** Mean over `axes`, or over everything (a scalar of shape []). @throws ShapeError */
export const mean = (x: Tensor, axes: Axes = null, keepdims = false): Tensor => meanOp.apply([x], { axes, keepdims });
