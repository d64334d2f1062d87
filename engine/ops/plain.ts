import { copyImages, defineOp, type NoAttrs, nd, ramp, type Tensor } from "../core/index";

/**
 * Images however they lie in memory (`Tensor.layout`), one after another: what an op that knows no layouts is handed. The
 * gradient lies as x does, with zeros around it.
 */
export const plainOp = defineOp<NoAttrs>({
  name: "plain",
  half: "all",
  layouts: "all",
  shape: ([x]) => x,
  rectified: ([x]) => x.rectified,
  forward: (_, [x], y) => void copyImages(x, y),
  vjp(_, __, { gy, shapes: [x], out }) {
    const gx = copyImages(gy, out(x));
    gx.rectified = gy.rectified;
    return gx;
  },
  reference: ([x]) => nd(x.shape, x.data),
  samples: () => [
    { inputs: [ramp([2, 3, 4, 5])], attrs: {}, margin: 1 },
    { inputs: [ramp([1, 2, 5, 8])], attrs: {}, margin: 3 },
    { inputs: [ramp([3, 1, 1, 1])], attrs: {}, margin: 2 },
  ],
});

/** x's images one after another in memory, where they are not. */
export const plain = (x: Tensor): Tensor => plainOp.apply([x], {});
