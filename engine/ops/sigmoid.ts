import { kernels } from "../../kernels/index";
import { defineOp, mapNd, type NoAttrs, nd, perFour, ramp, type Tensor } from "../core/index";

/** y = 1 / (1 + exp(-x)), elementwise, any shape; without overflow at any x. d/dx = gy y (1 - y). */
export const sigmoidOp = defineOp<NoAttrs>({
  name: "sigmoid",
  shape: ([x]) => x,
  forward: (_, [x], y) => void perFour(kernels.sigmoid, y, { params: { GRAD: 0 }, bindings: { x } }),
  saves: { output: true },
  vjp: (_, __, { gy, output, out }) =>
    perFour(kernels.sigmoid, out(gy.shape), { params: { GRAD: 1 }, bindings: { x: gy, z: output() } }),
  reference: ([x]) => mapNd(x, (v) => 1 / (1 + Math.exp(-v))),
  samples: () => [
    { inputs: [ramp([2, 3, 5], -6, 6)], attrs: {} },
    { inputs: [nd([7], [-200, -30, -0.5, 0, 0.5, 30, 200])], attrs: {} },
  ],
});

/** 1 / (1 + exp(-x)), elementwise. */
export const sigmoid = (x: Tensor): Tensor => sigmoidOp.apply([x], {});
