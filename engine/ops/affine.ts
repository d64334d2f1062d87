import { kernels } from "../../kernels/index";
import { defineOp, mapNd, perFour, ramp, type Tensor } from "../core/index";

export interface AffineAttrs {
  factor: number;
  offset: number;
}

/** y = factor * x + offset with constants, which are part of the op: one that changes every step is a tensor for `mul`. */
export const affineOp = defineOp<AffineAttrs>({
  name: "affine",
  shape: ([x]) => x,
  forward: (_, [x], y, attrs) => void affine(x, y, attrs),
  vjp: (_, __, { gy, attrs: { factor }, out }) =>
    factor === 1 ? gy.view() : affine(gy, out(gy.shape), { factor, offset: -0 }),
  reference: ([x], { factor, offset }) => mapNd(x, (v) => factor * v + offset),
  samples: () => [
    { inputs: [ramp([3, 5])], attrs: { factor: -2.5, offset: 0.75 } },
    { inputs: [ramp([])], attrs: { factor: 0.1, offset: 0 } },
    { inputs: [ramp([7])], attrs: { factor: 1, offset: -0.5 } },
  ],
});

/** y = factor * x + offset, outside the tape. An offset of -0 adds nothing at all. */
export function affine(x: Tensor, y: Tensor, { factor, offset }: AffineAttrs): Tensor {
  return perFour(kernels.affine, y, { uniforms: { factor, offset }, bindings: { x } });
}
