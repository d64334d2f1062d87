import { kernels } from "../../kernels/index";
import {
  defineOp,
  mapNd,
  type Nd,
  nd,
  type Op,
  perElement,
  ramp,
  type Shape,
  sizeOf,
  type Tensor,
} from "../core/index";
import { ShapeError } from "../errors/index";
import { partialResults, resolveAxis, splitAt, without } from "./reduction";

export interface ArgExtremumAttrs {
  /** The axis searched (from the end where negative); null: all values, in row-major order. */
  axis: number | null;
  /** Keep the axis, with size 1. */
  keepdims: boolean;
}

/** Float32 counts exactly so far. */
const LONGEST = 2 ** 24;

/** Where the largest or the smallest value along an axis is. */
function defineArgExtremum(name: string, min: 0 | 1, better: (a: number, b: number) => boolean): Op<ArgExtremumAttrs> {
  const around = (x: Shape, axis: number | null) =>
    axis === null ? { outer: 1, n: sizeOf(x), inner: 1 } : splitAt(x, resolveAxis(name, axis, x));
  /** The best of x [outer, n, inner], or of candidates for it [outer, m, inner], in as many passes as they need. */
  const search = (x: Tensor, sizes: ReturnType<typeof around>, y: Tensor, m: number, c?: Tensor): void => {
    const { outer, n, inner } = sizes;
    const parts = partialResults(m);
    const best = parts === 1 ? y : x.gpu.empty([outer, parts, inner]);
    perElement(kernels.arg_extremum, best, {
      params: { MIN: min, FIRST: c ? 0 : 1 },
      counter: "count",
      uniforms: { n, m, parts, inner },
      bindings: c ? { x, c } : { x },
    });
    if (parts > 1) search(x, sizes, y, parts, best);
  };
  return defineOp<ArgExtremumAttrs>({
    name,
    shape([x], { axis, keepdims }) {
      const { n } = around(x, axis);
      if (n === 0) throw new ShapeError(name, "of no values there is none", [x]);
      if (n > LONGEST) throw new ShapeError(name, `float32 counts no further than ${LONGEST} values`, [x]);
      return without(x, axis === null ? [...x.keys()] : [resolveAxis(name, axis, x)], keepdims);
    },
    forward(_, [x], y, { axis }) {
      const sizes = around(x.shape, axis);
      search(x, sizes, y, sizes.n);
    },
    vjp: null,
    reference([x], { axis, keepdims }) {
      const axes = axis === null ? [...x.shape.keys()] : [resolveAxis(name, axis, x.shape)];
      return argReference(x, around(x.shape, axis), without(x.shape, axes, keepdims), better);
    },
    samples: () => [
      { inputs: [ramp([2, 5, 3])], attrs: { axis: 1, keepdims: false } },
      { inputs: [ramp([151, 3])], attrs: { axis: 0, keepdims: true } },
      { inputs: [ramp([3, 4, 2])], attrs: { axis: null, keepdims: false } },
      { inputs: [ramp([4, 7])], attrs: { axis: -1, keepdims: false } },
    ],
    badShapes: [
      { shapes: [[2, 3]], attrs: { axis: 2, keepdims: false } },
      { shapes: [[2, 0]], attrs: { axis: 1, keepdims: false } },
      { shapes: [[2 ** 24 + 1]], attrs: { axis: 0, keepdims: false } },
    ],
  });
}

/** Index of the largest value along an axis, the first of equals, as float32; NaN is larger than any. */
export const argMaxOp = defineArgExtremum("argMax", 0, (a, b) => a > b);
/** Index of the smallest value along an axis, the first of equals, as float32; NaN is smaller than any. */
export const argMinOp = defineArgExtremum("argMin", 1, (a, b) => a < b);

function argReference(
  x: Nd,
  { n, inner }: { n: number; inner: number },
  shape: Shape,
  better: (a: number, b: number) => boolean,
): Nd {
  return mapNd(nd(shape), (_, i) => {
    const first = Math.floor(i / inner) * n * inner + (i % inner);
    let best = 0;
    for (let k = 1; k < n; k++) if (better(x.data[first + k * inner], x.data[first + best * inner])) best = k;
    return best;
  });
}

/**
 * Index of the largest value along `axis`, or among all in row-major order, as float32; of equals the first, and NaN before any
 * number. No gradient flows through it. @throws ShapeError where there are none, or more than 2^24
 */
export const argMax = (x: Tensor, axis: number | null = null, keepdims = false): Tensor =>
  argMaxOp.apply([x], { axis, keepdims });
/** Index of the smallest value, else as argMax. @throws ShapeError where there are none, or more than 2^24 */
export const argMin = (x: Tensor, axis: number | null = null, keepdims = false): Tensor =>
  argMinOp.apply([x], { axis, keepdims });
