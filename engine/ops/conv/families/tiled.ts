import { kernels } from "../../../../kernels/index";
import { layoutOf, planeOf, type Tensor } from "../../../core/index";
import type { Dtype } from "../../../device/index";
import {
  type ConvFamily,
  type ConvGeometry,
  evenShares,
  forwardPacking,
  gradientPacking,
  type Packing,
  type Passes,
  roundUp,
  sumShares,
} from "../common/index";

/** conv_tiled.wgsl: workgroup tiles of `tile` channels x `tile` pixels, 64 or 128. */
export interface TiledPass {
  family: "tiled";
  tile: number;
}

/** conv_tiled_dw.wgsl: tiles of `tile` output x `tile` input channels, 64 or 128; the pixels split into shares. */
export interface TiledDw {
  family: "tiled";
  tile: number;
  splits: number;
}

/** Any stride, dilation and kernel size, through workgroup memory: for large layers on real GPUs. */
export const tiled = {
  name: "tiled",
  kernels: { sums: [kernels.conv_tiled, kernels.conv_tiled_dw], around: [kernels.conv_tiled_pack] },
  margins: false,
  zeros: false,
  sample: { x: [3, 33, 6, 5], w: [17, 3, 3], attrs: { padding: 1, stride: [1, 2] } },
  variants: { tiled: passes },
  can: () => true,
  usual: (g, adapter) => (adapter.kind === "gpu" && worthTiles(g) ? passes(g) : null),
  // Software drivers run workgroup memory tens of times slower, and take seconds to compile it.
  candidates: (_, adapter) => (adapter.kind === "gpu" ? TILES.map((tile) => ({ family: "tiled", tile })) : []),
  dwCandidates: (g, adapter) =>
    adapter.kind === "gpu" ? TILES.map((tile) => ({ family: "tiled", tile, splits: pickSplits(g, tile) })) : [],

  forward(g, p, [x, w, b], y, relu) {
    const { h: xh, w: xw, oh: yh, ow: yw, strideY, strideX, dilationY, dilationX } = g;
    multiply(g, p, forwardPacking(g), w, {
      bindings: { x, y, bias: b ?? w },
      uniforms: {
        ...{ pixels: g.n * yh * yw, xh, xw, xPlane: xh * xw, xPitch: xw, xStart: 0, yh, yw },
        ...{ strideY, strideX, shiftY: -g.padY, shiftX: -g.padX, stepY: dilationY, stepX: dilationX },
        ...{ divide: 0, divideY: 1, divideX: 1, hasBias: b ? 1 : 0, relu: relu ? 1 : 0 },
      },
    });
  },

  /** The same product over the gradient of y, its taps walked backwards, input and output channels swapped. */
  dx(g, p, dy, w, dx) {
    const { plane: xPlane, pitch: xPitch, start: xStart } = planeOf(layoutOf(dy));
    const { h: yh, w: yw, strideY: divideY, strideX: divideX } = g;
    multiply(g, p, gradientPacking(g), w, {
      bindings: { x: dy, y: dx, bias: w },
      uniforms: {
        ...{ pixels: g.n * yh * yw, xh: g.oh, xw: g.ow, xPlane, xPitch, xStart, yh, yw },
        ...{ strideY: 1, strideX: 1, shiftY: g.padY, shiftX: g.padX, stepY: -g.dilationY, stepX: -g.dilationX },
        ...{ divide: divideY * divideX > 1 ? 1 : 0, divideY, divideX, hasBias: 0, relu: 0 },
      },
    });
  },

  /** Two passes: partial sums over shares of the pixels, then their sum. */
  dw(g, p, dy, x, dw) {
    const { ci, co, kh, kw, oh, ow, h, w, strideY, strideX, padY, padX, dilationY, dilationX } = g;
    const { plane: dyPlane, pitch: dyPitch, start: dyStart } = planeOf(layoutOf(dy));
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
  },
} satisfies ConvFamily<TiledPass, TiledDw>;

const TILES = [64, 128];

/** Enough channels to fill most of a 64-wide tile both ways, enough pixels to occupy a GPU with tiles. */
function worthTiles({ n, ci, co, oh, ow }: ConvGeometry): boolean {
  return Math.min(ci, co) >= 48 && n * oh * ow >= 1024;
}

function passes(g: ConvGeometry): Passes<TiledPass, TiledDw> {
  return {
    forward: { family: "tiled", tile: pickTile(g.co, g.n * g.oh * g.ow) },
    dx: { family: "tiled", tile: pickTile(g.ci, g.n * g.h * g.w) },
    dw: { family: "tiled", tile: 64, splits: pickSplits(g, 64) },
  };
}

/** Workgroups that keep a large GPU busy. */
const BUSY = 512;

/** Large tiles load half as much; but only where they leave enough workgroups, and no half of them empty. */
function pickTile(channels: number, pixels: number): number {
  const fits = roundUp(channels, 128) === roundUp(channels, 64);
  return fits && Math.ceil(channels / 128) * Math.ceil(pixels / 128) >= BUSY ? 128 : 64;
}

/** Shares of the pixels in the gradient by the weights, each of at least 256. */
function pickSplits({ n, ci, co, kh, kw, oh, ow }: ConvGeometry, tile: number): number {
  const tiles = Math.ceil(co / tile) * Math.ceil(ci / tile) * kh * kw;
  return evenShares(n * oh * ow, Math.min(Math.ceil(BUSY / tiles), Math.ceil((n * oh * ow) / 256)));
}

interface Tiles {
  bindings: Record<"x" | "y" | "bias", Tensor>;
  uniforms: Record<string, number> & { pixels: number };
}

function multiply({ kh, kw }: ConvGeometry, p: TiledPass, packing: Packing, w: Tensor, tiles: Tiles): void {
  const { bindings, uniforms } = tiles;
  const { gpu, dtype } = bindings.x;
  const packed = packWeights(w, dtype, p, packing);
  const { inner, outer } = packing;
  const outerPad = roundUp(outer, p.tile);
  const [gx, gy] = gpu.grid(uniforms.pixels, p.tile);
  gpu.dispatch({
    kernel: kernels.conv_tiled,
    params: { T: p.tile },
    uniforms: { ...uniforms, inner, outer, kh, kw, outerPad, steps: Math.ceil(inner / 8) * kh * kw },
    bindings: { ...bindings, w: packed },
    workgroups: [gx, gy, outerPad / p.tile],
  });
  packed.dispose();
}

function packWeights(w: Tensor, to: Dtype, { tile }: TiledPass, { flip: _, ...packing }: Packing): Tensor {
  const { gpu } = w;
  const taps = w.shape[2] * w.shape[3];
  const outerPad = roundUp(packing.outer, tile);
  const packed = gpu.empty([Math.ceil(packing.inner / 8), taps, 8, outerPad], to);
  gpu.dispatch({
    kernel: kernels.conv_tiled_pack,
    uniforms: { ...packing, size: packed.size, outerPad, taps },
    bindings: { w, packed },
    workgroups: gpu.grid(packed.size, 64),
  });
  return packed;
}
