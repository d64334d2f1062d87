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
import { fill } from "./basics";

/** How much an axis grows at its start and at its end. */
export type Widths = readonly [before: number, after: number];

export interface PadAttrs {
  /** For each axis. */
  widths: readonly Widths[];
  /** What is around x. */
  value: number;
}

/** x in the midst of a larger tensor, a constant around it. The gradient is gy's part in x's place. */
export const padOp = defineOp<PadAttrs>({
  name: "pad",
  half: "all",
  shape([x], { widths }) {
    const whole = (v: unknown) => Number.isInteger(v) && (v as number) >= 0;
    if (widths.length !== x.length || !widths.every((w) => w.length === 2 && w.every(whole))) {
      const why = `takes [before, after] for each of ${x.length} axes, whole and 0 or more; not ${JSON.stringify(widths)}`;
      throw new ShapeError("pad", why, [x]);
    }
    return padded(x, widths);
  },
  forward(_, [x], y, { widths, value }) {
    fill(y, value);
    scatter("pad", x, y, inside(y.shape, widths));
  },
  vjp: (_, __, { gy, shapes: [x], attrs, out }) => gather("pad", gy, inside(gy.shape, attrs.widths), out(x)),
  reference([x], { widths, value }) {
    const y = mapNd(nd(padded(x.shape, widths)), () => value);
    const { first, strides: steps } = inside(y.shape, widths);
    x.data.forEach((v, i) => {
      y.data[coordinates(x.shape, i).reduce((at, c, d) => at + c * steps[d], first)] = v;
    });
    return y;
  },
  samples: () => [
    {
      inputs: [ramp([2, 3])],
      attrs: {
        widths: [
          [1, 0],
          [2, 3],
        ],
        value: 0.5,
      },
    },
    {
      inputs: [ramp([2, 3, 4, 5])],
      attrs: {
        widths: [
          [0, 0],
          [0, 0],
          [1, 2],
          [3, 1],
        ],
        value: 0,
      },
    },
    { inputs: [ramp([7])], attrs: { widths: [[0, 0]], value: -1 } },
    { inputs: [ramp([])], attrs: { widths: [], value: 2 } },
  ],
  badShapes: [
    { shapes: [[2, 3]], attrs: { widths: [[1, 1]], value: 0 } },
    {
      shapes: [[2, 3]],
      attrs: {
        widths: [
          [1, 1],
          [-1, 0],
        ],
        value: 0,
      },
    },
    { shapes: [[2]], attrs: { widths: [[0.5, 0]], value: 0 } },
    { shapes: [[2]], attrs: { widths: [[1] as never], value: 0 } },
  ],
});

const padded = (x: Shape, widths: readonly Widths[]): number[] =>
  x.map((size, d) => widths[d][0] + size + widths[d][1]);

/** Where x lies in y. */
function inside(y: Shape, widths: readonly Widths[]) {
  const steps = strides(y);
  return { first: widths.reduce((at, [before], d) => at + before * steps[d], 0), strides: steps };
}

/**
 * x with `value` around it.
 * @param widths how many are put before and after it along each axis: [[1, 1], [0, 2]] for a matrix gets a row on either side and
 *   two columns behind
 * @throws ShapeError
 */
export const pad = (x: Tensor, widths: readonly Widths[], value = 0): Tensor => padOp.apply([x], { widths, value });
