import { kernels } from "../../../kernels/index";
import type { Tensor } from "../../core/index";
import type { Dtype } from "../../device/index";
import type { PaddedGradient } from "./families";
import type { ConvGeometry } from "./geometry";
import { planeLayout } from "./pad";
import { roundUp, type TiledDw, type TiledPass } from "./plan";
import { sumShares } from "./shares";

// conv_tiled.wgsl and conv_tiled_dw.wgsl: any stride, dilation and kernel size, through workgroup memory.

export function tiledForward(
  g: ConvGeometry,
  p: TiledPass,
  [x, w, b]: readonly Tensor[],
  y: Tensor,
  relu: boolean,
): void {
  const packed = packWeights(w, x.dtype, p, {
    inner: g.ci,
    outer: g.co,
    ofInner: g.kh * g.kw,
    ofOuter: g.ci * g.kh * g.kw,
  });
  const { h: xh, w: xw, oh: yh, ow: yw, strideY, strideX, dilationY, dilationX } = g;
  dispatchTiles(g, p, {
    bindings: { x, w: packed, y, bias: b ?? w },
    uniforms: {
      ...{ inner: g.ci, outer: g.co, pixels: g.n * yh * yw },
      ...{ xh, xw, xPlane: xh * xw, xPitch: xw, xStart: 0, yh, yw },
      ...{ strideY, strideX, shiftY: -g.padY, shiftX: -g.padX, stepY: dilationY, stepX: dilationX },
      ...{ divide: 0, divideY: 1, divideX: 1, hasBias: b ? 1 : 0, relu: relu ? 1 : 0 },
    },
  });
  packed.dispose();
}

/** The same product over the gradient of y, its taps walked backwards, input and output channels swapped. */
export function tiledDx(g: ConvGeometry, p: TiledPass, { dy, padding }: PaddedGradient, w: Tensor, dx: Tensor): void {
  const packed = packWeights(w, dy.dtype, p, {
    inner: g.co,
    outer: g.ci,
    ofInner: g.ci * g.kh * g.kw,
    ofOuter: g.kh * g.kw,
  });
  const { plane: xPlane, pitch: xPitch, start: xStart } = planeLayout(padding);
  const { h: yh, w: yw, strideY: divideY, strideX: divideX } = g;
  dispatchTiles(g, p, {
    bindings: { x: dy, w: packed, y: dx, bias: w },
    uniforms: {
      ...{ inner: g.co, outer: g.ci, pixels: g.n * yh * yw },
      ...{ xh: g.oh, xw: g.ow, xPlane, xPitch, xStart, yh, yw },
      ...{ strideY: 1, strideX: 1, shiftY: g.padY, shiftX: g.padX, stepY: -g.dilationY, stepX: -g.dilationX },
      ...{ divide: divideY * divideX > 1 ? 1 : 0, divideY, divideX, hasBias: 0, relu: 0 },
    },
  });
  packed.dispose();
}

interface Tiles {
  bindings: Record<"x" | "w" | "y" | "bias", Tensor>;
  uniforms: Record<string, number> & { inner: number; outer: number; pixels: number };
}

function dispatchTiles({ kh, kw }: ConvGeometry, { tile }: TiledPass, { bindings, uniforms }: Tiles): void {
  const { gpu } = bindings.x;
  const outerPad = roundUp(uniforms.outer, tile);
  const [gx, gy] = gpu.grid(uniforms.pixels, tile);
  gpu.dispatch({
    kernel: kernels.conv_tiled,
    params: { T: tile },
    uniforms: { ...uniforms, kh, kw, outerPad, steps: Math.ceil(uniforms.inner / 8) * kh * kw },
    bindings,
    workgroups: [gx, gy, outerPad / tile],
  });
}

interface Packing {
  inner: number;
  outer: number;
  /** Distance in w from one inner channel to the next, and from one outer channel. */
  ofInner: number;
  ofOuter: number;
}

function packWeights(w: Tensor, to: Dtype, { tile }: TiledPass, { inner, outer, ofInner, ofOuter }: Packing): Tensor {
  const { gpu } = w;
  const taps = w.shape[2] * w.shape[3];
  const outerPad = roundUp(outer, tile);
  const packed = gpu.empty([Math.ceil(inner / 8), taps, 8, outerPad], to);
  gpu.dispatch({
    kernel: kernels.conv_tiled_pack,
    uniforms: { size: packed.size, inner, outer, outerPad, taps, innerStride: ofInner, outerStride: ofOuter },
    bindings: { w, packed },
    workgroups: gpu.grid(packed.size, 64),
  });
  return packed;
}

/** Two passes: partial sums over shares of the pixels, then their sum. */
export function tiledDw(g: ConvGeometry, p: TiledDw, { dy, padding }: PaddedGradient, x: Tensor, dw: Tensor): void {
  const { ci, co, kh, kw, oh, ow, h, w, strideY, strideX, padY, padX, dilationY, dilationX } = g;
  const { plane: dyPlane, pitch: dyPitch, start: dyStart } = planeLayout(padding);
  const pixels = g.n * oh * ow;
  const ciTiles = Math.ceil(ci / p.tile);
  sumShares(dw, p.splits, (part) =>
    x.gpu.dispatch({
      kernel: kernels.conv_tiled_dw,
      params: { T: p.tile },
      uniforms: {
        ...{ ci, co, ciTiles, taps: kh * kw, kw, pixels, share: Math.ceil(pixels / p.splits), oh, ow, h, w },
        ...{ dyPlane, dyPitch, dyStart, strideY, strideX, padY, padX, dilationY, dilationX },
      },
      bindings: { x, dy, dw: part },
      workgroups: [ciTiles * kh * kw, Math.ceil(co / p.tile), p.splits],
    }),
  );
}
