import { kernels } from "../../../kernels/index";
import type { Tensor } from "../../core/index";
import type { PaddedGradient } from "./families";
import type { ConvGeometry } from "./geometry";
import { type Padding, planeLayout } from "./pad";
import { roundUp, type WinogradPass, winogradBytes } from "./plan";

// winograd_*.wgsl: 3x3 kernels, stride 1, dilation 1. The header of winograd_input.wgsl tells the whole computation.

export function winogradForward(
  g: ConvGeometry,
  p: WinogradPass,
  [x, w, b]: readonly Tensor[],
  y: Tensor,
  relu: boolean,
): void {
  const weights = transformWeights(p, w, { inner: g.ci, outer: g.co, innerStride: 9, outerStride: 9 * g.ci, flip: 0 });
  convolve(p, {
    ...{ n: g.n, inner: g.ci, outer: g.co, padY: g.padY, padX: g.padX },
    ...{ x, xh: g.h, xw: g.w, layout: g.x },
    ...{ weights, bias: b ?? null, relu, gate: null },
    ...{ y, yh: g.oh, yw: g.ow, out: g.y },
  });
}

/**
 * The same convolution of the gradient of y, with the weights turned round and the channels swapped.
 * @param gate x, where a ReLU made it: dx is masked by it
 */
export function winogradDx(
  g: ConvGeometry,
  p: WinogradPass,
  { dy, padding }: PaddedGradient,
  w: Tensor,
  dx: Tensor,
  gate: Tensor | null,
): void {
  const weights = transformWeights(p, w, { inner: g.co, outer: g.ci, innerStride: 9 * g.ci, outerStride: 9, flip: 1 });
  convolve(p, {
    ...{ n: g.n, inner: g.co, outer: g.ci, padY: 2 - g.padY, padX: 2 - g.padX },
    ...{ x: dy, xh: g.oh, xw: g.ow, layout: padding },
    ...{ weights, bias: null, relu: false, gate },
    ...{ y: dx, yh: g.h, yw: g.w, out: g.x },
  });
  dx.rectified = gate !== null;
}

/** Which channels of w are summed over and which are the result's, and how far apart each lie. */
export interface Packing {
  inner: number;
  outer: number;
  innerStride: number;
  outerStride: number;
  flip: number;
}

/** Weights of every frequency, [(tile + 2)^2, ceil(inner / 4), outerPad, 4]. */
function transformWeights({ tile, product }: WinogradPass, w: Tensor, packing: Packing): Tensor {
  const { gpu } = w;
  const { inner, outer } = packing;
  const outerPad = roundUp(outer, product.family === "tiled" ? product.tile : product.co);
  const size = Math.ceil(inner / 4) * outerPad;
  const packed = gpu.empty([(tile + 2) ** 2, Math.ceil(inner / 4), outerPad, 4]);
  gpu.dispatch({
    kernel: kernels.winograd_weights,
    params: { TILE: tile },
    uniforms: { ...packing, size, outerPad },
    bindings: { w, packed },
    workgroups: gpu.grid(size, 64),
  });
  return packed;
}

interface Convolution {
  n: number;
  inner: number;
  outer: number;
  padY: number;
  padX: number;
  x: Tensor;
  xh: number;
  xw: number;
  /** How x lies in its planes. */
  layout: Padding;
  /** Of every frequency; released. */
  weights: Tensor;
  bias: Tensor | null;
  relu: boolean;
  gate: Tensor | null;
  y: Tensor;
  /** Size of y's images, and how they lie. */
  yh: number;
  yw: number;
  out: Padding;
}

/** Inputs, products and results of so many tiles at a time as the workspace has room for. */
function convolve(p: WinogradPass, { n, inner, outer, padY, padX, weights, bias, gate, y, yh, yw, ...c }: Convolution) {
  const { gpu } = y;
  const [tilesX, tilesY] = [Math.ceil(yw / p.tile), Math.ceil(yh / p.tile)];
  const all = n * tilesX * tilesY;
  const share = shareOfTiles(all, 4 * (p.tile + 2) ** 2 * (inner + outer), winogradBytes(gpu.adapter));
  const v = gpu.empty([(p.tile + 2) ** 2, inner, share]);
  const m = gpu.empty([(p.tile + 2) ** 2, outer, share]);
  const { plane: xPlane, pitch: xPitch, start: xStart } = planeLayout(c.layout);
  const { plane: yPlane, pitch: yPitch, start: yStart } = planeLayout(c.out);
  const params = { TILE: p.tile };
  for (let first = 0; first < all; first += share) {
    const tiles = Math.min(share, all - first);
    const place = { first, tiles, pitch: share, tilesX, tilesY };
    gpu.dispatch({
      kernel: kernels.winograd_input,
      params,
      uniforms: { ...place, channels: inner, xh: c.xh, xw: c.xw, xPlane, xPitch, xStart, padY, padX },
      bindings: { x: c.x, v },
      workgroups: transformGrid(v, tiles),
    });
    multiply(p, { weights, v, m });
    gpu.dispatch({
      kernel: kernels.winograd_output,
      params,
      uniforms: {
        ...{ ...place, channels: outer, yh, yw, yPlane, yPitch, yStart },
        ...{ hasBias: bias ? 1 : 0, relu: c.relu ? 1 : 0, gate: gate ? 1 : 0 },
      },
      bindings: { m, bias: bias ?? weights, y, z: gate ?? c.x },
      workgroups: transformGrid(m, tiles),
    });
  }
  for (const t of [weights, v, m]) t.dispose();
}

/** Tiles in each share, a multiple of 4, so that shares are about equal and their transforms fit into `bytes`. */
function shareOfTiles(tiles: number, bytesOfTile: number, bytes: number): number {
  const shares = Math.ceil(tiles / Math.max(64, Math.floor(bytes / bytesOfTile)));
  return roundUp(Math.ceil(tiles / shares), 4);
}

/** One invocation a tile and channel; on a software driver one does several channels: where its tile lies costs divisions. */
function transformGrid({ gpu, shape: [, channels] }: Tensor, tiles: number): [number, number, number] {
  const [gx, gy] = gpu.grid(tiles, 64);
  return [gx, gy, gpu.adapter.kind === "gpu" ? channels : Math.min(channels, Math.ceil(32 / (gx * gy)))];
}

/** m = weights v for each frequency. */
function multiply({ product: p }: WinogradPass, { weights, v, m }: Record<"weights" | "v" | "m", Tensor>): void {
  const { gpu } = m;
  const [frequencies, , outerPad] = weights.shape;
  const [[, inner], [, outer, pitch]] = [v.shape, m.shape];
  if (p.family === "tiled") {
    gpu.dispatch({
      kernel: kernels.winograd_product,
      params: { T: p.tile },
      uniforms: { inner, outer, outerPad, pitch: pitch / 4 },
      bindings: { w: weights, v, m },
      workgroups: [Math.ceil(pitch / p.tile), outerPad / p.tile, frequencies],
    });
    return;
  }
  const [gx, gy] = gpu.grid(pitch / 4, p.workgroup);
  gpu.dispatch({
    kernel: kernels.conv_pointwise,
    params: { CO: p.co, LANES: p.lanes, WHOLE: 1 },
    constants: { WG: p.workgroup },
    uniforms: {
      ...{ ci: inner, co: outer, coPad: outerPad, kh: 1, wOuter: 1, wInner: outerPad, tileCo: p.co },
      ...{ images: 1, tiles: pitch / 4, invocations: pitch / 4, xPlane: pitch / 4, xRow: 0, yPlane: pitch },
      ...{ hasBias: 0, relu: 0, gate: 0 },
    },
    bindings: { x: v, w: weights, y: m, bias: weights, z: weights },
    workgroups: [gx, gy, (frequencies * outerPad) / p.co],
  });
}
