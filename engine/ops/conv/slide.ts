import { kernels } from "../../../kernels/index";
import type { Tensor } from "../../core/index";
import type { Dtype } from "../../device/index";
import type { PaddedGradient } from "./families";
import type { ConvGeometry } from "./geometry";
import { type Padding, padImage, planeLayout, zerosAround } from "./pad";
import { roundUp, type SlideDw, type SlidePass } from "./plan";
import { sumShares } from "./shares";

// conv_slide.wgsl and conv_slide_dw.wgsl: stride 1, dilation 1.

export function slideForward(
  g: ConvGeometry,
  p: SlidePass,
  [x, w, b]: readonly Tensor[],
  y: Tensor,
  relu: boolean,
): void {
  const input = padInput(g, x);
  const weights = packWeights(w, x.dtype, b ?? null, p, { inner: g.ci, outer: g.co, kh: g.kh, kw: g.kw, flip: false });
  slideWindow({ ...g, p, input, weights, out: y, layout: g.y, relu, gate: null });
  input.dispose();
  weights.dispose();
}

/** The zeros around a gradient of y that slideDx and slideDw want: each pixel of x is seen by kh x kw windows. */
export const slideGradientPadding = (g: ConvGeometry): Padding =>
  zerosAround(g.oh, g.ow, g.kh - 1 - g.padY, g.kw - 1 - g.padX);

/**
 * The same convolution of the padded gradient, with the weights turned round and the channels swapped.
 * @param gate x, where a ReLU made it: dx is masked by it
 */
export function slideDx(g: ConvGeometry, p: SlidePass, dy: Tensor, w: Tensor, dx: Tensor, gate: Tensor | null): void {
  const weights = packWeights(w, dy.dtype, null, p, { inner: g.co, outer: g.ci, kh: g.kh, kw: g.kw, flip: true });
  const swapped = { ...g, ci: g.co, co: g.ci, oh: g.h, ow: g.w };
  slideWindow({ ...swapped, p, input: dy, weights, out: dx, layout: g.x, relu: false, gate });
  dx.rectified = gate !== null;
  weights.dispose();
}

/** Two passes: partial sums over shares of the rows, then their sum. */
export function slideDw(g: ConvGeometry, p: SlideDw, { dy, padding }: PaddedGradient, x: Tensor, dw: Tensor): void {
  const input = padInput(g, x);
  const { rows: dyRows, pitch: dyPitch, top, left } = padding;
  const [, , xRows, xPitch] = input.shape;
  const rows = g.n * g.oh;
  sumShares(dw, p.splits, (part) =>
    x.gpu.dispatch({
      kernel: kernels.conv_slide_dw,
      params: { K: g.kw, CO: p.co, OFF: left % 4, LANES: p.lanes },
      constants: { WG: p.workgroup },
      uniforms: {
        ci: g.ci,
        co: g.co,
        kh: g.kh,
        oh: g.oh,
        tiles: Math.ceil(g.ow / 4),
        rows,
        share: Math.ceil(rows / p.splits),
        xPitch: xPitch / 4,
        xPlane: (xRows * xPitch) / 4,
        dyPitch: dyPitch / 4,
        dyPlane: (dyRows * dyPitch) / 4,
        dyStart: (top * dyPitch + left - (left % 4)) / 4,
        tileCo: p.co,
      },
      bindings: { x: input, dy, dw: part },
      workgroups: [Math.ceil((g.ci * g.kh) / p.workgroup), Math.ceil(g.co / p.co), p.splits],
    }),
  );
  input.dispose();
}

/** What a tile reads past the end of a row lands in results that are not stored. */
const padInput = (g: ConvGeometry, x: Tensor): Tensor =>
  padImage(x, [g.n, g.ci, g.h, g.w], zerosAround(g.h, g.w, g.padY, g.padX), g.x);

interface Packing {
  inner: number;
  outer: number;
  kh: number;
  kw: number;
  flip: boolean;
}

function packWeights(w: Tensor, to: Dtype, bias: Tensor | null, tile: SlidePass, p: Packing): Tensor {
  const { gpu } = w;
  const k4 = Math.ceil(p.kw / 4);
  const outerPad = roundUp(p.outer, tile.co);
  const packed = gpu.empty([p.inner * p.kh * outerPad * k4 + outerPad / 4, 4], to);
  const [ofOuter, ofInner] = [p.inner * p.kh * p.kw, p.kh * p.kw];
  const [rows, layers] = gpu.grid(p.inner + 1, 1);
  gpu.dispatch({
    kernel: kernels.conv_pack,
    uniforms: {
      inner: p.inner,
      outer: p.outer,
      outerPad,
      kh: p.kh,
      kw: p.kw,
      k4,
      innerStride: p.flip ? p.outer * p.kh * p.kw : ofInner,
      outerStride: p.flip ? ofInner : ofOuter,
      flip: p.flip ? 1 : 0,
      hasBias: bias ? 1 : 0,
    },
    bindings: { w, bias: bias ?? w, packed },
    workgroups: [Math.ceil((outerPad * k4) / 32), rows, layers],
  });
  return packed;
}

interface Window {
  p: SlidePass;
  /** Padded input [n, ci, rows, pitch]. */
  input: Tensor;
  weights: Tensor;
  /** The result, and where its images lie. */
  out: Tensor;
  layout: Padding;
  n: number;
  ci: number;
  co: number;
  kh: number;
  kw: number;
  oh: number;
  ow: number;
  relu: boolean;
  gate: Tensor | null;
}

function slideWindow({ p, input, weights, out, layout, n, ci, co, kh, kw, oh, ow, relu, gate }: Window): void {
  const { gpu } = input;
  const [, , rows, pitch] = input.shape;
  const tiles = Math.ceil(ow / p.px);
  const invocations = n * Math.ceil(oh / p.rows) * tiles;
  const coPad = roundUp(co, p.co);
  const { plane: yPlane, pitch: yPitch, start: yStart } = planeLayout(layout);
  const [gx, gy] = gpu.grid(invocations, p.workgroup);
  gpu.dispatch({
    kernel: kernels.conv_slide,
    params: { K: kw, K4: Math.ceil(kw / 4), CO: p.co, PX: p.px, ROWS: p.rows, LANES: p.lanes },
    constants: { WG: p.workgroup },
    uniforms: {
      ci,
      co,
      coPad,
      kh,
      oh,
      ow,
      tiles,
      invocations,
      xPitch: pitch / 4,
      xPlane: (rows * pitch) / 4,
      yPlane,
      yPitch,
      yStart,
      relu: relu ? 1 : 0,
      gate: gate ? 1 : 0,
      tileCo: p.co,
    },
    bindings: { x: input, w: weights, y: out, z: gate ?? weights },
    workgroups: [gx, gy, coPad / p.co],
  });
}
