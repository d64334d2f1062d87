import { kernels } from "../../../kernels/index";
import type { Tensor } from "../../core/index";
import type { Dtype } from "../../device/index";
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
  const plane = input.shape[3];
  // Weights of four input channels are neighbours as they are.
  if (g.ci % 4 === 0 && x.dtype === "f32") {
    const weights = { raw: w, w, wOuter: g.ci / 4, wInner: 1 };
    product(p, { ...g, x: input, plane, weights, y, bias: b ?? null, relu, gate: null });
  } else {
    const weights = packWeights(g, p, w, x.dtype, false);
    product(p, { ...g, x: input, plane, weights, y, bias: b ?? null, relu, gate: null });
    weights.w.dispose();
  }
  input.dispose();
}

/**
 * The product of the gradient of y with the weights transposed.
 * @param gate x, where a ReLU made it: dx is masked by it
 */
export function pointwiseDx(
  g: ConvGeometry,
  p: PointwisePass,
  { dy, padding }: PaddedGradient,
  w: Tensor,
  dx: Tensor,
  gate: Tensor | null,
): void {
  const { plane } = planeLayout(padding);
  const weights = packWeights(g, p, w, dy.dtype, true);
  product(p, { ...g, ci: g.co, co: g.ci, x: dy, plane, weights, y: dx, bias: null, relu: false, gate });
  dx.rectified = gate !== null;
  weights.w.dispose();
}

/** Weights four of the inner channels to a vec4, and the distances between these, in vec4; and the weights as they were. */
interface Weights {
  raw: Tensor;
  w: Tensor;
  wOuter: number;
  wInner: number;
}

function packWeights(g: ConvGeometry, p: PointwisePass, w: Tensor, to: Dtype, transposed: boolean): Weights {
  const { gpu } = w;
  const [inner, outer] = transposed ? [g.co, g.ci] : [g.ci, g.co];
  const outerPad = roundUp(outer, p.co);
  const packed = gpu.empty([Math.ceil(inner / 4), outerPad, 4], to);
  const strides = transposed ? { innerStride: g.ci, outerStride: 1 } : { innerStride: 1, outerStride: g.ci };
  gpu.dispatch({
    kernel: kernels.conv_pointwise_pack,
    uniforms: { size: packed.size / 4, inner, outer, outerPad, ...strides },
    bindings: { w, packed },
    workgroups: gpu.grid(packed.size / 4, 64),
  });
  return { raw: w, w: packed, wOuter: 1, wInner: outerPad };
}

interface Product {
  n: number;
  /** Channels of x and of y. */
  ci: number;
  co: number;
  /** Pixels of a plane of y. */
  w: number;
  x: Tensor;
  /** Values from one plane of x to the next. */
  plane: number;
  weights: Weights;
  y: Tensor;
  bias: Tensor | null;
  relu: boolean;
  gate: Tensor | null;
}

function product(p: PointwisePass, { n, ci, co, w: yPlane, x, plane, weights, y, bias, relu, gate }: Product): void {
  const { gpu } = x;
  const { raw, w, wOuter, wInner } = weights;
  const tiles = Math.ceil(yPlane / 4);
  const [gx, gy] = gpu.grid(n * tiles, p.workgroup);
  gpu.dispatch({
    kernel: kernels.conv_pointwise,
    params: { CO: p.co, LANES: p.lanes, WHOLE: yPlane % 4 === 0 ? 1 : 0 },
    constants: { WG: p.workgroup },
    uniforms: {
      ...{ ci, co, coPad: roundUp(co, p.co), kh: 1, wOuter, wInner, tileCo: p.co },
      ...{ images: n, tiles, invocations: n * tiles, xPlane: plane / 4, xRow: 0, yPlane },
      ...{ hasBias: bias ? 1 : 0, relu: relu ? 1 : 0, gate: gate ? 1 : 0 },
    },
    bindings: { x, w, y, bias: bias ?? raw, z: gate ?? w },
    workgroups: [gx, gy, Math.ceil(co / p.co)],
  });
}
