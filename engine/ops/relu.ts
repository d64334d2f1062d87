import { kernels } from "../../kernels/index";
import { defineOp, mapNd, type NoAttrs, nd, perFour, ramp, type Tensor } from "../core/index";

/** y = max(x, 0), elementwise, any shape. NaN stays NaN; the gradient at 0 is 0, as PyTorch's. */
export const reluOp = defineOp<NoAttrs>({
  name: "relu",
  shape: ([x]) => x,
  forward: (_, [x], y) => void perFour(kernels.relu, y, { params: { MODE: 0 }, bindings: { x } }),
  rectified: () => true,
  saves: { output: true },
  vjp: (_, __, { gy, output, out }) =>
    perFour(kernels.relu, out(gy.shape), { params: { MODE: 1 }, bindings: { x: gy, z: output() } }),
  reference: ([x]) => mapNd(x, (v) => Math.max(v, 0)),
  samples: () => [
    { inputs: [ramp([2, 3, 5])], attrs: {} },
    { inputs: [ramp([1])], attrs: {} },
    { inputs: [nd([4], [0.5, -0.5, 2, -3])], attrs: {} },
  ],
});

/** max(x, 0), elementwise; NaN stays NaN. */
export const relu = (x: Tensor): Tensor => reluOp.apply([x], {});
