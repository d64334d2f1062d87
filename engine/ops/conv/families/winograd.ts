import { kernels } from "../../../../kernels/index";
import { type Layout, layoutOf, planeOf, type Tensor } from "../../../core/index";
import {
  type Adapter,
  BINDING,
  type ConvFamily,
  type ConvGeometry,
  forwardPacking,
  gradientPacking,
  lanesToTry,
  type Packing,
  type Passes,
  roundUp,
  slides,
  usualWorkgroup,
  workspaceBytes,
} from "../common/index";
import { multiply, type PointwisePass, pointwisePass } from "./pointwise";
import type { TiledPass } from "./tiled";

/** winograd_*.wgsl: F(tile x tile, 3x3), a matrix product for each of its (tile + 2)^2 frequencies. */
export interface WinogradPass {
  family: "winograd";
  tile: 2 | 4;
  /** conv_pointwise in registers, or winograd_product through workgroup memory. */
  product: PointwisePass | TiledPass;
}

/** 3x3 kernels, stride 1, dilation 1. The header of winograd_input.wgsl tells the whole computation. */
export const winograd = {
  name: "winograd",
  kernels: {
    sums: [kernels.winograd_product],
    around: [kernels.winograd_weights, kernels.winograd_input, kernels.winograd_output],
  },
  margins: true,
  zeros: false,
  sample: { x: [3, 13, 6, 11], w: [17, 3, 3], attrs: { padding: 1 } },
  variants: {
    winograd2: (g, adapter) => passes(g, adapter, 2),
    winograd4: (g, adapter) => (fits(g, 4) ? passes(g, adapter, 4) : null),
  },
  can: (g) => slides(g) && g.kh === 3 && g.kw === 3 && fits(g, 2),
  usual: (g, adapter) => (worthWinograd(g, adapter) ? passes(g, adapter, 4) : null),
  candidates: (g, adapter) =>
    ([2, 4] as const)
      .filter((tile) => fits(g, tile))
      .flatMap((tile) => productsToTry(adapter).map((product) => ({ family: "winograd", tile, product }))),

  cost(g, { tile }, { kind }) {
    const { share } = tilesOf(tile, [g.n, g.oh, g.ow], g.ci + g.co, kind);
    return { products: (tile + 2) ** 2 / (tile * 3) ** 2, workspace: share * bytesOfTile(tile, g.ci + g.co) };
  },

  forward(g, p, [x, w, b], y, relu) {
    convolve(p, forwardPacking(g), w, {
      ...{ n: g.n, padY: g.padY, padX: g.padX },
      ...{ x, xh: g.h, xw: g.w, layout: g.x },
      ...{ bias: b ?? null, relu, gate: null },
      ...{ y, yh: g.oh, yw: g.ow, out: g.y },
    });
  },

  /** The same convolution of the gradient of y, with the weights turned round and the channels swapped. */
  dx(g, p, dy, w, dx, gate) {
    convolve(p, gradientPacking(g), w, {
      ...{ n: g.n, padY: 2 - g.padY, padX: 2 - g.padX },
      ...{ x: dy, xh: g.oh, xw: g.ow, layout: layoutOf(dy) },
      ...{ bias: null, relu: false, gate },
      ...{ y: dx, yh: g.h, yw: g.w, out: g.x },
    });
    dx.rectified = gate !== null;
  },
} satisfies ConvFamily<WinogradPass>;

/** Whether its transformed weights fit into one binding. */
const fits = ({ ci, co }: ConvGeometry, tile: 2 | 4): boolean =>
  4 * (tile + 2) ** 2 * roundUp(ci, 128) * roundUp(co, 128) <= BINDING;

/**
 * Where F(4x4,3x3) was measured faster than the sliding window: by 1.2 times at least, by 2.7 with 256 channels. With fewer
 * channels its transforms cost what the product saves, with fewer tiles lanes stay idle. F(2x2,3x3) was never the fastest here.
 * On a real GPU it was not measured (winograd_product.wgsl tells what to expect): there `nsrm tune` may choose it.
 */
function worthWinograd(g: ConvGeometry, { kind }: Adapter): boolean {
  const least = LEAST[kind];
  const tiles = g.n * Math.ceil(g.oh / 4) * Math.ceil(g.ow / 4);
  return fits(g, 4) && Math.min(g.ci, g.co) >= least.channels && g.ci * g.co * tiles >= least.product;
}

/** Channels in and out, and multiply-adds of one frequency, from which F(4x4,3x3) is the faster. */
const LEAST = {
  gpu: { channels: Number.POSITIVE_INFINITY, product: 0 },
  lavapipe: { channels: 48, product: 1 << 18 },
  swiftshader: { channels: 32, product: 1 << 17 },
};

function passes(g: ConvGeometry, adapter: Adapter, tile: 2 | 4): Passes<WinogradPass, never> {
  const pass = (channels: number): WinogradPass => ({
    family: "winograd",
    tile,
    product: adapter.kind === "gpu" ? { family: "tiled", tile: 64 } : pointwisePass(channels, adapter),
  });
  return { forward: pass(g.co), dx: pass(g.ci) };
}

/** The products are large enough for one choice of workgroup: what differs is how much of a tile is past the last channel. */
function productsToTry(adapter: Adapter): (PointwisePass | TiledPass)[] {
  const workgroup = usualWorkgroup(adapter);
  const inRegisters = lanesToTry(adapter).flatMap((lanes) =>
    [8, 16].map((co): PointwisePass => ({ family: "pointwise", lanes, workgroup, co })),
  );
  return adapter.kind === "gpu"
    ? [...inRegisters, { family: "tiled", tile: 64 }, { family: "tiled", tile: 128 }]
    : inRegisters;
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

/** Bytes of the transforms of one tile, of all its channels in and out. */
const bytesOfTile = (tile: number, channels: number): number => 4 * (tile + 2) ** 2 * channels;

/**
 * The tiles of n images of yh x yw results, and how many of them are transformed at a time: a multiple of 4, so that shares are
 * about equal and their transforms fit into the workspace. (No less than 64, however many their channels.)
 */
function tilesOf(tile: number, [n, yh, yw]: readonly number[], channels: number, kind: Adapter["kind"]) {
  const [tilesX, tilesY] = [Math.ceil(yw / tile), Math.ceil(yh / tile)];
  const all = n * tilesX * tilesY;
  const most = Math.max(64, Math.floor(workspaceBytes({ kind }) / bytesOfTile(tile, channels)));
  return { tilesX, tilesY, all, share: roundUp(Math.ceil(all / Math.ceil(all / most)), 4) };
}

interface Convolution {
  n: number;
  padY: number;
  padX: number;
  x: Tensor;
  xh: number;
  xw: number;
  /** How x lies in its planes. */
  layout: Layout;
  bias: Tensor | null;
  relu: boolean;
  gate: Tensor | null;
  y: Tensor;
  /** Size of y's images, and how they lie. */
  yh: number;
  yw: number;
  out: Layout;
}

/** Inputs, products and results of so many tiles at a time as the workspace has room for. */
function convolve(p: WinogradPass, packing: Packing, w: Tensor, c: Convolution): void {
  const { gpu } = c.y;
  const { inner, outer } = packing;
  const { bias, gate, yh, yw } = c;
  const weights = transformWeights(p, w, packing);
  const { tilesX, tilesY, all, share } = tilesOf(p.tile, [c.n, yh, yw], inner + outer, gpu.adapter.kind);
  const v = gpu.empty([(p.tile + 2) ** 2, inner, share]);
  const m = gpu.empty([(p.tile + 2) ** 2, outer, share]);
  const { plane: xPlane, pitch: xPitch, start: xStart } = planeOf(c.layout);
  const { plane: yPlane, pitch: yPitch, start: yStart } = planeOf(c.out);
  const params = { TILE: p.tile };
  for (let first = 0; first < all; first += share) {
    const tiles = Math.min(share, all - first);
    const place = { first, tiles, pitch: share, tilesX, tilesY };
    gpu.dispatch({
      kernel: kernels.winograd_input,
      params,
      uniforms: { ...place, channels: inner, xh: c.xh, xw: c.xw, xPlane, xPitch, xStart, padY: c.padY, padX: c.padX },
      bindings: { x: c.x, v },
      workgroups: transformGrid(v, tiles),
    });
    multiplyFrequencies(p, { weights, v, m });
    gpu.dispatch({
      kernel: kernels.winograd_output,
      params,
      uniforms: {
        ...{ ...place, channels: outer, yh, yw, yPlane, yPitch, yStart },
        ...{ hasBias: bias ? 1 : 0, relu: c.relu ? 1 : 0, gate: gate ? 1 : 0 },
      },
      bindings: { m, bias: bias ?? weights, y: c.y, z: gate ?? c.x },
      workgroups: transformGrid(m, tiles),
    });
  }
  for (const t of [weights, v, m]) t.dispose();
}

/** One invocation a tile and channel; on a software driver one does several channels: where its tile lies costs divisions. */
function transformGrid({ gpu, shape: [, channels] }: Tensor, tiles: number): [number, number, number] {
  const [gx, gy] = gpu.grid(tiles, 64);
  return [gx, gy, gpu.adapter.kind === "gpu" ? channels : Math.min(channels, Math.ceil(32 / (gx * gy)))];
}

/** m = weights v for each frequency. */
function multiplyFrequencies(
  { product: p }: WinogradPass,
  { weights, v, m }: Record<"weights" | "v" | "m", Tensor>,
): void {
  const [frequencies, , outerPad] = weights.shape;
  const [[, inner], [, outer, pitch]] = [v.shape, m.shape];
  if (p.family === "tiled") {
    m.gpu.dispatch({
      kernel: kernels.winograd_product,
      params: { T: p.tile },
      uniforms: { inner, outer, outerPad, pitch: pitch / 4 },
      bindings: { w: weights, v, m },
      workgroups: [Math.ceil(pitch / p.tile), outerPad / p.tile, frequencies],
    });
    return;
  }
  multiply(p, {
    ...{ products: frequencies, inner, outer, rows: 1 },
    ...{ images: 1, tiles: pitch / 4, xPlane: pitch / 4, xRow: 0, yPlane: pitch },
    ...{ x: v, weights: { w: weights, wOuter: 1, wInner: outerPad }, y: m, bias: null, unread: weights },
  });
}
