import { kernels } from "../../../kernels/index";
import type { Dtype, Tensor } from "../../tensor";
import type { PaddedGradient } from "./families";
import type { ConvGeometry } from "./geometry";
import { type Padding, padImage } from "./pad";
import { type ConvPass, roundUp, type SlideDw, type SlidePass } from "./plan";
import { sumShares } from "./shares";

// conv_slide.wgsl and conv_slide_dw.wgsl: stride 1, dilation 1.

export function slideForward(
  g: ConvGeometry,
  p: SlidePass,
  [x, w, b]: readonly Tensor[],
  y: Tensor,
  relu: boolean,
): void {
  const input = padInput(g, x, p.px);
  const weights = packWeights(w, x.dtype, b ?? null, p, { inner: g.ci, outer: g.co, kh: g.kh, kw: g.kw, flip: false });
  slideWindow({ ...g, p, input, weights, y, relu });
  input.dispose();
  weights.dispose();
}

/**
 * The zeros around a gradient of y that slideDx and slideDw want.
 * @param dx how the gradient by x is computed: the pixels of its tile decide how long a row is
 */
export function slideGradientPadding(g: ConvGeometry, dx: ConvPass): Padding {
  const { top, left } = gradientMargin(g);
  const forDx = roundUp(g.w, dx.family === "slide" ? dx.px : 1) + g.kw - 1;
  const forDw = left + roundUp(g.ow, 4);
  const pitch = readsInPlace(g, g.ow) ? g.ow : roundUp(Math.max(forDx, forDw), 4);
  return { rows: g.oh + 2 * top, pitch, top, left };
}

/** The same convolution of the padded gradient, with the weights turned round and the channels swapped. */
export function slideDx(g: ConvGeometry, p: SlidePass, dy: Tensor, w: Tensor, dx: Tensor): void {
  const weights = packWeights(w, dy.dtype, null, p, { inner: g.co, outer: g.ci, kh: g.kh, kw: g.kw, flip: true });
  const swapped = { ...g, ci: g.co, co: g.ci, oh: g.h, ow: g.w };
  slideWindow({ ...swapped, p, input: dy, weights, y: dx, relu: false });
  weights.dispose();
}

/** Two passes: partial sums over shares of the rows, then their sum. */
export function slideDw(g: ConvGeometry, p: SlideDw, { dy, padding }: PaddedGradient, x: Tensor, dw: Tensor): void {
  const input = padInput(g, x, 4);
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
      },
      bindings: { x: input, dy, dw: part },
      workgroups: [Math.ceil((g.ci * g.kh) / p.workgroup), Math.ceil(g.co / p.co), p.splits],
    }),
  );
  input.dispose();
}

/** 1x1 kernels need no zeros, and what they read past a row's end lands in results that are not stored. */
const readsInPlace = (g: ConvGeometry, width: number): boolean => g.kh * g.kw === 1 && width % 4 === 0;

function padInput(g: ConvGeometry, x: Tensor, px: number): Tensor {
  const pitch = readsInPlace(g, g.w) ? g.w : roundUp(roundUp(g.ow, px) + g.kw - 1, 4);
  return padImage(x, [g.n, g.ci, g.h, g.w], { rows: g.h + 2 * g.padY, pitch, top: g.padY, left: g.padX });
}

/** Zeros before the gradient's first row and column: each pixel of x is seen by kh x kw windows. */
const gradientMargin = (g: ConvGeometry) => ({ top: g.kh - 1 - g.padY, left: g.kw - 1 - g.padX });

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
    workgroups: [Math.ceil((outerPad * k4) / 32), p.inner + 1],
  });
  return packed;
}

interface Window {
  p: SlidePass;
  /** Padded input [n, ci, rows, pitch]. */
  input: Tensor;
  weights: Tensor;
  y: Tensor;
  n: number;
  ci: number;
  co: number;
  kh: number;
  kw: number;
  oh: number;
  ow: number;
  relu: boolean;
}

function slideWindow({ p, input, weights, y, n, ci, co, kh, kw, oh, ow, relu }: Window): void {
  const { gpu } = input;
  const [, , rows, pitch] = input.shape;
  const tiles = Math.ceil(ow / p.px);
  const invocations = n * oh * tiles;
  const coPad = roundUp(co, p.co);
  const [gx, gy] = gpu.grid(invocations, p.workgroup);
  gpu.dispatch({
    kernel: kernels.conv_slide,
    params: { K: kw, K4: Math.ceil(kw / 4), CO: p.co, PX: p.px, LANES: p.lanes },
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
      relu: relu ? 1 : 0,
    },
    bindings: { x: input, w: weights, y },
    workgroups: [gx, gy, coPad / p.co],
  });
}
