import { kernels } from "../../kernels/index";
import { defineOp, mapNd, nd, perElement, ramp, type Tensor } from "../core/index";
import { OptionError } from "../errors/index";

export interface ClipAttrs {
  low: number;
  high: number;
}

/** y = x brought into [low, high]. gy passes where low <= x <= high, as PyTorch's clamp; NaN stays, and has no gradient. */
export const clipOp = defineOp<ClipAttrs>({
  name: "clip",
  shape([x], { low, high }) {
    if (!(typeof low === "number" && typeof high === "number" && low <= high)) {
      throw new OptionError("clip", `no values are from ${low} to ${high}`);
    }
    return x;
  },
  forward: (_, [x], y, { low, high }) =>
    void perElement(kernels.clip, y, { params: { GRAD: 0 }, uniforms: { low, high }, bindings: { x } }),
  saves: { inputs: [0] },
  vjp: (_, __, { gy, input, attrs: { low, high }, out }) =>
    perElement(kernels.clip, out(gy.shape), {
      params: { GRAD: 1 },
      uniforms: { low, high },
      bindings: { x: gy, z: input(0) },
    }),
  reference: ([x], { low, high }) => mapNd(x, (v) => Math.min(Math.max(v, low), high)),
  samples: () => [
    { inputs: [ramp([2, 3, 5])], attrs: { low: -0.3, high: 0.6 } },
    { inputs: [ramp([7])], attrs: { low: 0.1, high: Number.POSITIVE_INFINITY } },
    { inputs: [nd([3], [-2, 0.25, 2])], attrs: { low: Number.NEGATIVE_INFINITY, high: 1 } },
  ],
  badShapes: [
    { shapes: [[3]], attrs: { low: 1, high: 0 } },
    { shapes: [[3]], attrs: { low: Number.NaN, high: 0 } },
  ],
});

/** x, what is below `low` or above `high` brought to that bound; either bound may be infinite. @throws OptionError unless low <= high */
export const clip = (x: Tensor, low: number, high: number): Tensor => clipOp.apply([x], { low, high });
