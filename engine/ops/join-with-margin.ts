import { defineOp, expectRank, ramp, type Shape, type Tensor } from "../core/index";
import { ShapeError } from "../device/index";
import { cropImage, joinPadded, layoutOf, type Padded, paddedShape, padInto } from "./conv/index";

export interface JoinWithMarginAttrs {
  /** Rows and columns of zeros on each side. */
  margin: number;
}

/**
 * Joins images [n, c, h, w] along their channels, with a margin of zeros around each in memory (`Padded`): what the first
 * convolution of a stage reads in place. Each input's gradient is its own part of gy.
 */
export const joinWithMarginOp = defineOp<JoinWithMarginAttrs>({
  name: "joinWithMargin",
  half: "all",
  shape(shapes, { margin }) {
    const [[n, , height, width]] = shapes;
    for (const s of shapes) {
      expectRank("joinWithMargin", s, 4);
      if (s[0] !== n || s[2] !== height || s[3] !== width)
        throw new ShapeError("joinWithMargin", "images differ", shapes);
    }
    if (!(Number.isInteger(margin) && margin >= 1))
      throw new ShapeError("joinWithMargin", "the margin is whole, 1 or more", shapes);
    return paddedShape(n, channelsOf(shapes), { height, width, margin });
  },
  forward(_, inputs, y, { margin }) {
    let first = 0;
    for (const x of inputs) {
      padInto(y, { first, layout: layoutOf(imagesOf(x.shape, margin)) }, x, x.shape);
      first += x.shape[1];
    }
  },
  rectified: (inputs) => inputs.every((x) => x.rectified),
  vjp(_, i, { gy, shapes, attrs, out }) {
    const layout = layoutOf(imagesOf(shapes[i], attrs.margin));
    return cropImage(gy, layout, out(shapes[i]), channelsOf(shapes.slice(0, i)));
  },
  reference: (inputs, { margin }) => joinPadded(inputs, margin),
  samples: () => [
    { inputs: [ramp([2, 3, 4, 8]), ramp([2, 1, 4, 8], -1, 1, 2), ramp([2, 2, 4, 8], -1, 1, 3)], attrs: { margin: 3 } },
    { inputs: [ramp([1, 2, 3, 5])], attrs: { margin: 1 } },
    { inputs: [ramp([3, 1, 1, 1]), ramp([3, 2, 1, 1], -1, 1, 2)], attrs: { margin: 2 } },
  ],
  badShapes: [
    { shapes: [[3, 4, 5]], attrs: { margin: 1 } },
    {
      shapes: [
        [1, 3, 4, 5],
        [1, 3, 5, 4],
      ],
      attrs: { margin: 1 },
    },
    { shapes: [[1, 3, 4, 5]], attrs: { margin: 0 } },
  ],
});

const imagesOf = ([, , height, width]: Shape, margin: number): Padded => ({ height, width, margin });

const channelsOf = (shapes: readonly Shape[]): number => shapes.reduce((sum, s) => sum + s[1], 0);

/** Images [n, c, h, w], joined along the channels, with a margin of zeros around each in memory. @throws ShapeError */
export const joinWithMargin = (inputs: readonly Tensor[], margin: number): Tensor =>
  joinWithMarginOp.apply(inputs, { margin });
