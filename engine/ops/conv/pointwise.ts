import { kernels } from "../../../kernels/index";
import type { Tensor } from "../../tensor";
import type { PaddedGradient } from "./families";
import type { ConvGeometry } from "./geometry";
import { padImage, planeLayout } from "./pad";
import { type PointwisePass, roundUp } from "./plan";

// conv_pointwise.wgsl: 1x1 kernels over images as one row each (asOneRow).

export function pointwiseForward(
  g: ConvGeometry,
  p: PointwisePass,
  [x, w, b]: readonly Tensor[],
  y: Tensor,
  relu: boolean,
): void {
  const input = padImage(x, [g.n, g.ci, 1, g.w], { rows: 1, pitch: roundUp(g.w, 4), top: 0, left: 0 });
  product(g, p, { x: input, plane: input.shape[3], w, y, bias: b ?? null, relu, transposed: false });
  input.dispose();
}

/** The product of the gradient of y with the weights transposed. */
export function pointwiseDx(g: ConvGeometry, p: PointwisePass, { dy, padding }: PaddedGradient, w: Tensor, dx: Tensor) {
  const { plane } = planeLayout(padding);
  product(g, p, { x: dy, plane, w, y: dx, bias: null, relu: false, transposed: true });
}

interface Product {
  x: Tensor;
  /** Values from one plane of x to the next. */
  plane: number;
  w: Tensor;
  y: Tensor;
  bias: Tensor | null;
  relu: boolean;
  /** The gradient: sums over output channels. */
  transposed: boolean;
}

function product(g: ConvGeometry, p: PointwisePass, { x, plane, w, y, bias, relu, transposed }: Product): void {
  const { gpu } = x;
  const [inner, outer] = transposed ? [g.co, g.ci] : [g.ci, g.co];
  const outerPad = roundUp(outer, p.co);
  const packed = gpu.empty([Math.ceil(inner / 4), outerPad, 4], x.dtype);
  const strides = transposed ? { innerStride: g.ci, outerStride: 1 } : { innerStride: 1, outerStride: g.ci };
  gpu.dispatch({
    kernel: kernels.conv_pointwise_pack,
    uniforms: { size: packed.size / 4, inner, outer, outerPad, ...strides },
    bindings: { w, packed },
    workgroups: gpu.grid(packed.size / 4, 64),
  });
  const tiles = Math.ceil(g.w / 4);
  const [gx, gy] = gpu.grid(g.n * tiles, p.workgroup);
  gpu.dispatch({
    kernel: kernels.conv_pointwise,
    params: { CO: p.co, LANES: p.lanes },
    constants: { WG: p.workgroup },
    uniforms: {
      ...{ ci: inner, co: outer, coPad: outerPad, tiles, invocations: g.n * tiles },
      ...{ xPlane: plane / 4, yPlane: g.w, hasBias: bias ? 1 : 0, relu: relu ? 1 : 0 },
    },
    bindings: { x, w: packed, y, bias: bias ?? w },
    workgroups: [gx, gy, outerPad / p.co],
  });
  packed.dispose();
}
