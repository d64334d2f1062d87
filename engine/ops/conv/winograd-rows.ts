import { kernels } from "../../../kernels/index";
import type { Tensor } from "../../core/index";
import type { ConvGeometry } from "./geometry";
import { type Padding, padImage, planeLayout, zerosAround } from "./pad";
import { roundUp, type WinogradRowsPass, winogradBytes } from "./plan";
import type { Packing } from "./winograd";

// winograd_rows_*.wgsl: kernels 7 wide, stride 1, dilation 1. The header of winograd_rows_input.wgsl tells the whole computation.

/** Multiplications for a tile of TILE results. */
const FREQUENCIES = 10;
const TILE = 4;

export function winogradRowsForward(
  g: ConvGeometry,
  p: WinogradRowsPass,
  [x, w, b]: readonly Tensor[],
  y: Tensor,
  relu: boolean,
): void {
  const [ofInner, ofOuter] = [g.kh * 7, g.ci * g.kh * 7];
  const weights = transformWeights(g, p, w, {
    ...{ inner: g.ci, outer: g.co, innerStride: ofInner, outerStride: ofOuter, flip: 0 },
  });
  const input = padImage(x, [g.n, g.ci, g.h, g.w], zerosAround(g.h, g.w, g.padY, g.padX), g.x);
  const out = { y, yh: g.oh, yw: g.ow, layout: g.y };
  convolve(g, p, { input, weights, bias: b ?? null, relu, gate: null, ...out });
  input.dispose();
  weights.dispose();
}

/**
 * The same convolution of the gradient of y, with the weights turned round and the channels swapped.
 * @param dy with zeros around it as slideDx wants them
 * @param gate x, where a ReLU made it: dx is masked by it
 */
export function winogradRowsDx(
  g: ConvGeometry,
  p: WinogradRowsPass,
  dy: Tensor,
  w: Tensor,
  dx: Tensor,
  gate: Tensor | null,
): void {
  const [ofInner, ofOuter] = [g.ci * g.kh * 7, g.kh * 7];
  const weights = transformWeights(g, p, w, {
    ...{ inner: g.co, outer: g.ci, innerStride: ofInner, outerStride: ofOuter, flip: 1 },
  });
  const out = { y: dx, yh: g.h, yw: g.w, layout: g.x };
  convolve(g, p, { input: dy, weights, bias: null, relu: false, gate, ...out });
  dx.rectified = gate !== null;
  weights.dispose();
}

/** Weights of every frequency, [10, kh, ceil(inner / 4), outerPad, 4]. */
function transformWeights({ kh }: ConvGeometry, { product }: WinogradRowsPass, w: Tensor, packing: Packing): Tensor {
  const { gpu } = w;
  const blocks = Math.ceil(packing.inner / 4);
  const outerPad = roundUp(packing.outer, product.co);
  const size = kh * blocks * outerPad;
  const packed = gpu.empty([FREQUENCIES, kh, blocks, outerPad, 4]);
  gpu.dispatch({
    kernel: kernels.winograd_rows_weights,
    uniforms: { ...packing, size, outerPad, kh },
    bindings: { w, packed },
    workgroups: gpu.grid(size, 64),
  });
  return packed;
}

interface Convolution {
  /** Padded input [n, channels, rows, pitch]. */
  input: Tensor;
  /** Of every frequency. */
  weights: Tensor;
  bias: Tensor | null;
  relu: boolean;
  gate: Tensor | null;
  y: Tensor;
  /** Size of y's images, and where they lie. */
  yh: number;
  yw: number;
  layout: Padding;
}

/** Inputs, products and results of so many images at a time as the workspace has room for. */
function convolve({ kh }: ConvGeometry, { product: p }: WinogradRowsPass, c: Convolution): void {
  const { input, weights, bias, gate, y, yh, yw } = c;
  const { gpu } = y;
  const [n, inner, xRows, xPitch] = input.shape;
  const outer = y.shape[1];
  const rows = yh + kh - 1;
  // In vec4, of four tiles each.
  const pitch = Math.ceil(yw / TILE / 4);
  const bytes = 16 * FREQUENCIES * pitch * (inner * rows + outer * yh);
  const shares = Math.ceil(n / Math.max(1, Math.floor(winogradBytes(gpu.adapter) / bytes)));
  const share = Math.ceil(n / shares);
  const v = gpu.empty([FREQUENCIES, share, inner, rows * pitch, 4]);
  const m = gpu.empty([FREQUENCIES, share, outer, yh * pitch, 4]);
  const { plane: yPlane, pitch: yPitch, start: yStart } = planeLayout(c.layout);
  for (let first = 0; first < n; first += share) {
    const images = Math.min(share, n - first);
    const inputs = images * inner * rows * pitch;
    const xPlane = (xRows * xPitch) / 4;
    gpu.dispatch({
      kernel: kernels.winograd_rows_input,
      uniforms: { invocations: inputs, pitch, rows, xFirst: first * inner * xPlane, xPitch: xPitch / 4, xPlane },
      bindings: { x: input, v },
      workgroups: gpu.grid(inputs, 64),
    });
    const tiles = yh * pitch;
    const [gx, gy] = gpu.grid(images * tiles, p.workgroup);
    const outerPad = weights.shape[3];
    gpu.dispatch({
      kernel: kernels.conv_pointwise,
      params: { CO: p.co, LANES: p.lanes, WHOLE: 1 },
      constants: { WG: p.workgroup },
      uniforms: {
        ...{ ci: inner, co: outer, coPad: outerPad, kh, wOuter: 1, wInner: outerPad, tileCo: p.co },
        ...{ images, tiles, invocations: images * tiles, xPlane: rows * pitch, xRow: pitch, yPlane: tiles * 4 },
        ...{ hasBias: 0, relu: 0, gate: 0 },
      },
      bindings: { x: v, w: weights, y: m, bias: weights, z: weights },
      workgroups: [gx, gy, (FREQUENCIES * outerPad) / p.co],
    });
    const results = images * outer * tiles;
    gpu.dispatch({
      kernel: kernels.winograd_rows_output,
      uniforms: {
        ...{ invocations: results, pitch, channels: outer, firstPlane: first * outer, yh, yw, yPlane, yPitch, yStart },
        ...{ hasBias: bias ? 1 : 0, relu: c.relu ? 1 : 0, gate: gate ? 1 : 0 },
      },
      bindings: { m, bias: bias ?? weights, y, z: gate ?? input },
      workgroups: gpu.grid(results, 64),
    });
  }
  v.dispose();
  m.dispose();
}
