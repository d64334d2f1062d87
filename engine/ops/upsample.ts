import { kernels } from "../../kernels/index";
import { defineOp, mapNd, type NoAttrs, nd, perElement, ramp, type Shape, type Tensor } from "../core/index";
import { ShapeError } from "../errors/index";

const doubled = (x: Shape): number[] => [...x.slice(0, -2), 2 * x[x.length - 2], 2 * x[x.length - 1]];

/** Every pixel of [..., H, W] becomes a block of 2 x 2. The gradient is the block's sum. */
export const upsample2xOp = defineOp<NoAttrs>({
  name: "upsample2x",
  shape([x]) {
    if (x.length < 2) throw new ShapeError("upsample2x", "needs rows and columns", [x]);
    return doubled(x);
  },
  forward: (_, [x], y) => void launch(0, x, y),
  vjp: (_, __, { gy, shapes: [x], out }) => launch(1, gy, out(x)),
  reference([x]) {
    const y = nd(doubled(x.shape));
    const [height, width] = y.shape.slice(-2);
    return mapNd(y, (_, i) => {
      const [row, column] = [Math.floor(i / width) % height, i % width];
      const plane = Math.floor(i / (width * height));
      return x.data[(plane * (height / 2) + Math.floor(row / 2)) * (width / 2) + Math.floor(column / 2)];
    });
  },
  samples: () => [
    { inputs: [ramp([2, 3, 3, 5])], attrs: {} },
    { inputs: [ramp([1, 1])], attrs: {} },
  ],
  badShapes: [{ shapes: [[4]], attrs: {} }],
});

const launch = (gradient: 0 | 1, x: Tensor, y: Tensor): Tensor =>
  perElement(kernels.upsample2x, y, {
    params: { GRAD: gradient },
    uniforms: { width: y.shape[y.shape.length - 1] },
    bindings: { x },
  });

/** Nearest-neighbour upsampling by 2: [..., H, W] to [..., 2 H, 2 W]. @throws ShapeError */
export const upsample2x = (x: Tensor): Tensor => upsample2xOp.apply([x], {});
