import { kernels } from "../../kernels/index";
import { mapNd, nd, ramp } from "../nd";
import type { Tensor } from "../tensor";
import { defineOp, type NoAttrs } from "./op";

/** y = max(x, 0), elementwise, any shape. NaN stays NaN; the gradient at 0 is 0, as PyTorch's. */
export const reluOp = defineOp<NoAttrs>({
  name: "relu",
  shape: ([x]) => x,
  forward(gpu, [x], y) {
    const uniforms = { n: x.size };
    gpu.dispatch({
      kernel: kernels.relu,
      params: { MODE: 0 },
      uniforms,
      bindings: { x, y },
      workgroups: gpu.grid(x.size, 64),
    });
  },
  saves: { output: true },
  vjp(gpu, _, { gy, output, out }) {
    const [z, y] = [output(), out(gy.shape)];
    const uniforms = { n: gy.size };
    gpu.dispatch({
      kernel: kernels.relu,
      params: { MODE: 1 },
      uniforms,
      bindings: { x: gy, z, y },
      workgroups: gpu.grid(gy.size, 64),
    });
    return y;
  },
  reference: ([x]) => mapNd(x, (v) => Math.max(v, 0)),
  samples: () => [
    { inputs: [ramp([2, 3, 5])], attrs: {} },
    { inputs: [ramp([1])], attrs: {} },
    { inputs: [nd([4], [0.5, -0.5, 2, -3])], attrs: {} },
  ],
});

/** max(x, 0), elementwise; NaN stays NaN. */
export const relu = (x: Tensor): Tensor => reluOp.apply([x], {});
