import { coordinates, defineOp, type Nd, nd, type Op, ramp, type Shape, type Tensor } from "../core/index";
import { ShapeError } from "../errors/index";
import { binary, DIV, MUL } from "./arithmetic";
import { broadcastStrides } from "./broadcast";
import { equal } from "./compare";
import { type Axes, type Reduction, reduceAxes, resolveAxes, sumAxes, without } from "./reduction";

export interface ExtremumAttrs {
  /** Axes searched (from the end where negative); all for null. */
  axes: Axes;
  /** Keep the axes, with size 1. */
  keepdims: boolean;
}

/** The largest or the smallest value over some axes. */
function defineExtremum(name: "max" | "min", f: (a: number, b: number) => number): Op<ExtremumAttrs> {
  const reduction: Reduction = name;
  const searched = (x: Shape, axes: Axes) => {
    const resolved = resolveAxes(name, axes, x);
    if (resolved.some((d) => x[d] === 0)) throw new ShapeError(name, "of no values there is none", [x]);
    return resolved;
  };
  return defineOp<ExtremumAttrs>({
    name,
    shape: ([x], { axes, keepdims }) => without(x, searched(x, axes), keepdims),
    forward: (_, [x], y, { axes }) => void reduceAxes(reduction, x, searched(x.shape, axes), y),
    saves: { inputs: [0], output: true },
    vjp(gpu, _, { gy, input, output, shapes: [x], attrs, out }) {
      const axes = searched(x, attrs.axes);
      const kept = without(x, axes, true);
      const alike = (t: Tensor) => gpu.track(t.view(kept));
      const among = equal(input(0), alike(output()), gpu.empty(x));
      // Where the extremum is NaN nothing equals it: a quotient by 0 and its product with 0 are NaN, as PyTorch's.
      const share = binary(DIV, alike(gy), sumAxes(among, axes, gpu.empty(kept)), gpu.empty(kept));
      return binary(MUL, among, share, out(x));
    },
    reference: ([x], attrs) => extremumReference(x, searched(x.shape, attrs.axes), attrs.keepdims, f),
    samples: () => [
      { inputs: [ramp([2, 3, 5])], attrs: { axes: null, keepdims: false } },
      { inputs: [ramp([2, 3, 5, 2])], attrs: { axes: [0, 2], keepdims: false } },
      { inputs: [ramp([3, 4, 2])], attrs: { axes: -2, keepdims: true } },
      { inputs: [ramp([151, 3])], attrs: { axes: [0], keepdims: false } },
      { inputs: [ramp([4])], attrs: { axes: [], keepdims: false } },
    ],
    badShapes: [
      { shapes: [[2, 3]], attrs: { axes: [2], keepdims: false } },
      { shapes: [[2, 3]], attrs: { axes: [1, -1], keepdims: false } },
      { shapes: [[2, 0]], attrs: { axes: [1], keepdims: false } },
    ],
  });
}

/** Largest value over the given axes. Its gradient is shared evenly among equals, and NaN propagates: PyTorch's amax. */
export const maxOp = defineExtremum("max", Math.max);
/** Smallest value over the given axes. Its gradient is shared evenly among equals, and NaN propagates: PyTorch's amin. */
export const minOp = defineExtremum("min", Math.min);

function extremumReference(x: Nd, axes: readonly number[], keepdims: boolean, f: (a: number, b: number) => number): Nd {
  const y = nd(without(x.shape, axes, keepdims));
  const steps = broadcastStrides(without(x.shape, axes, true), x.shape);
  const seen = new Set<number>();
  x.data.forEach((v, i) => {
    const at = coordinates(x.shape, i).reduce((sum, c, d) => sum + c * steps[d], 0);
    y.data[at] = seen.has(at) ? f(y.data[at], v) : v;
    seen.add(at);
  });
  return y;
}

/** Largest value over `axes`, or over everything (a scalar of shape []); equals share its gradient. @throws ShapeError */
export const max = (x: Tensor, axes: Axes = null, keepdims = false): Tensor => maxOp.apply([x], { axes, keepdims });
/** Smallest value over `axes`, or over everything (a scalar of shape []); equals share its gradient. @throws ShapeError */
export const min = (x: Tensor, axes: Axes = null, keepdims = false): Tensor => minOp.apply([x], { axes, keepdims });
