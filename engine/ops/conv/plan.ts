import type { AdapterFacts } from "../../device/index";
import type { ConvGeometry } from "./geometry";

/** conv_slide.wgsl: a register tile of `co` output channels x `px` neighbouring pixels of `rows` rows. Stride 1, dilation 1. */
export interface SlidePass {
  family: "slide";
  /** Lanes that share their loads by broadcast; 0: none. */
  lanes: number;
  /** Invocations in a workgroup. */
  workgroup: number;
  co: number;
  px: number;
  rows: 1 | 2;
}

/** conv_slide_dw.wgsl: `co` output channels an invocation, the rows split into shares. */
export interface SlideDw {
  family: "slide";
  lanes: number;
  workgroup: number;
  co: number;
  splits: number;
}

/** conv_pointwise.wgsl: `co` output channels, a multiple of 8, of 4 pixels an invocation. 1x1 kernels over one row. */
export interface PointwisePass {
  family: "pointwise";
  lanes: number;
  workgroup: number;
  co: number;
}

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

/** winograd_*.wgsl: F(tile x tile, 3x3), a matrix product for each of its (tile + 2)^2 frequencies. 3x3, stride 1, dilation 1. */
export interface WinogradPass {
  family: "winograd";
  tile: 2 | 4;
  /** conv_pointwise in registers, or winograd_product through workgroup memory. */
  product: PointwisePass | TiledPass;
}

/** winograd_rows_*.wgsl: F(4, 7) along rows, by conv_pointwise for each of its 10 frequencies. 7 wide, stride 1, dilation 1. */
export interface WinogradRowsPass {
  family: "winogradRows";
  product: PointwisePass;
}

/** conv_direct.wgsl, conv_direct_dw.wgsl: anything, slowly. */
export interface DirectPass {
  family: "direct";
}

/** How one forward convolution, or its gradient by the input, is computed. */
export type ConvPass = SlidePass | WinogradPass | WinogradRowsPass | PointwisePass | TiledPass | DirectPass;
/** How a gradient by the weights is computed. */
export type DwPass = SlideDw | TiledDw | DirectPass;

/** Which kernels compute a convolution and its gradients, and with which tiles. */
export interface ConvPlan {
  forward: ConvPass;
  dx: ConvPass;
  dw: DwPass;
}

/**
 * The kernel families for a convolution, as tests ask for them:
 * - `slideBroadcast`: conv_slide with weights handed round by subgroupBroadcast, for drivers where a load is dear
 * - `slideRows`: conv_slide with two rows an invocation (loads by broadcast where there are subgroups), for SwiftShader
 * - `slidePlain`: conv_slide with plain loads, for small layers on real GPUs, and adapters without subgroups
 * - `pointwise`: conv_pointwise for 1x1 kernels (its gradient by the weights is conv_slide's)
 * - `winograd2`, `winograd4`: F(2x2,3x3) and F(4x4,3x3) for 3x3 kernels (the gradient by the weights is conv_slide's)
 * - `winogradRows`: F(4, 7) along the rows of kernels 7 wide (the gradient by the weights is conv_slide's)
 * - `tiled`: conv_tiled, through workgroup memory, for large layers on real GPUs
 * - `direct`: conv_direct, for strides, dilations and kernels too wide to keep in registers
 */
export type ConvVariantName =
  | "slideBroadcast"
  | "slideRows"
  | "slidePlain"
  | "pointwise"
  | "winograd2"
  | "winograd4"
  | "winogradRows"
  | "tiled"
  | "direct";

type Adapter = Pick<AdapterFacts, "kind" | "subgroups" | "subgroupSize">;

/** Wider kernels would not fit in registers. */
const WIDEST = 11;

/** The window slides: neighbouring results read neighbouring inputs. */
export const slides = (g: ConvGeometry): boolean =>
  g.strideY * g.strideX * g.dilationY * g.dilationX === 1 && g.kw <= WIDEST && g.padY < g.kh && g.padX < g.kw;

/** A matrix product: 1x1 kernels, each image one row. */
export const isPointwise = (g: ConvGeometry): boolean =>
  g.kh * g.kw * g.h === 1 && g.strideY * g.strideX === 1 && g.padY + g.padX === 0;

/** F(tile x tile, 3x3) can compute it, and its transformed weights fit into one binding. */
export const isWinograd = (g: ConvGeometry, tile: 2 | 4): boolean =>
  slides(g) && g.kh === 3 && g.kw === 3 && 4 * (tile + 2) ** 2 * roundUp(g.ci, 128) * roundUp(g.co, 128) <= BINDING;

/** F(4, 7) along rows can compute it, and its transformed weights fit into one binding. */
export const isWinogradRows = (g: ConvGeometry): boolean =>
  slides(g) && g.kw === 7 && 40 * g.kh * roundUp(g.ci, 32) * roundUp(g.co, 32) <= BINDING;

/** Bytes in one binding on any adapter. */
const BINDING = 128 << 20;

/**
 * Bytes for Winograd's transformed inputs and products, which are made for some of the tiles at a time: enough to keep an
 * adapter busy (on software drivers 8 MiB were as fast as 128), little beside the activations of a step. (No less than 64
 * tiles, however many their channels.)
 */
export const winogradBytes = ({ kind }: Pick<AdapterFacts, "kind">): number => (kind === "gpu" ? 128 : 16) << 20;

/** Lanes that may share loads, 0 where the adapter has no subgroups of a known size. */
export const broadcastLanes = ({ subgroups, subgroupSize }: Adapter): number =>
  subgroups && subgroupSize >= 4 ? Math.min(subgroupSize, 8) : 0;

/**
 * Which kernels compute a convolution and its gradients: a pure function of its sizes and the adapter.
 * @param forced a family to take instead. @throws Error when it cannot do this convolution on this adapter.
 */
export function pickConvPlan(g: ConvGeometry, adapter: Adapter, forced?: ConvVariantName): ConvPlan {
  const lanes = broadcastLanes(adapter);
  const impossible =
    (forced?.startsWith("slide") && !slides(g)) ||
    (forced === "slideBroadcast" && !lanes) ||
    (forced === "pointwise" && !isPointwise(g)) ||
    (forced === "winogradRows" && !isWinogradRows(g)) ||
    (forced === "winograd2" && !isWinograd(g, 2)) ||
    (forced === "winograd4" && !isWinograd(g, 4));
  if (impossible) {
    throw new Error(`conv2d: variant ${forced} cannot compute this convolution on ${adapter.kind}`);
  }
  if (forced === "direct") return { forward: { family: "direct" }, dx: { family: "direct" }, dw: { family: "direct" } };
  if (forced === "tiled") return tiledPlan(g);
  if (forced === "slideBroadcast") return slidePlan(g, adapter, lanes, false);
  if (forced === "slideRows") return slidePlan(g, adapter, lanes, true);
  if (forced === "slidePlain") return slidePlan(g, adapter, 0, false);
  if (forced === "pointwise") return pointwisePlan(g, adapter, adapter.kind === "gpu" ? 0 : lanes);
  if (forced === "winograd2") return winogradPlan(g, adapter, 2);
  if (forced === "winograd4") return winogradPlan(g, adapter, 4);
  if (forced === "winogradRows") return winogradRowsPlan(g, adapter);
  if (adapter.kind === "gpu" && worthTiles(g)) return tiledPlan(g);
  if (!slides(g)) return pickConvPlan(g, adapter, "direct");
  if (isPointwise(g)) return pickConvPlan(g, adapter, "pointwise");
  if (worthWinograd(g, adapter)) return winogradPlan(g, adapter, 4);
  if (worthWinogradRows(g, adapter)) return winogradRowsPlan(g, adapter);
  return slidePlan(g, adapter, adapter.kind === "gpu" ? 0 : lanes);
}

/**
 * Where F(4x4,3x3) was measured faster than the sliding window: by 1.2 times at least, by 2.7 with 256 channels. With fewer
 * channels its transforms cost what the product saves, with fewer tiles lanes stay idle. F(2x2,3x3) was never the fastest here.
 * On a real GPU it was not measured (winograd_product.wgsl tells what to expect): there `nsrm tune` may choose it.
 */
function worthWinograd(g: ConvGeometry, { kind }: Adapter): boolean {
  const least = LEAST_WINOGRAD[kind];
  const tiles = g.n * Math.ceil(g.oh / 4) * Math.ceil(g.ow / 4);
  return isWinograd(g, 4) && Math.min(g.ci, g.co) >= least.channels && g.ci * g.co * tiles >= least.product;
}

/** Channels in and out, and multiply-adds of one frequency, from which F(4x4,3x3) is the faster. */
const LEAST_WINOGRAD = {
  gpu: { channels: Number.POSITIVE_INFINITY, product: 0 },
  lavapipe: { channels: 48, product: 1 << 18 },
  swiftshader: { channels: 32, product: 1 << 17 },
};

/**
 * Where F(4, 7) along rows was measured faster than the sliding window, by 1.2 times at least, by 2 with 128 channels on 46 x 46:
 * channels enough for their transforms, and tiles (four at a time) that fill most of a row.
 */
function worthWinogradRows(g: ConvGeometry, { kind }: Adapter): boolean {
  return kind !== "gpu" && isWinogradRows(g) && Math.min(g.ci, g.co) >= 32 && g.ow >= 0.6 * roundUp(g.ow, 16);
}

/** Enough channels to fill most of a 64-wide tile both ways, enough pixels to occupy a GPU with tiles. */
function worthTiles({ n, ci, co, oh, ow }: ConvGeometry): boolean {
  return Math.min(ci, co) >= 48 && n * oh * ow >= 1024;
}

function tiledPlan(g: ConvGeometry): ConvPlan {
  return {
    forward: { family: "tiled", tile: pickTile(g.co, g.n * g.oh * g.ow) },
    dx: { family: "tiled", tile: pickTile(g.ci, g.n * g.h * g.w) },
    dw: { family: "tiled", tile: 64, splits: tiledSplits(g, 64) },
  };
}

/** Workgroups that keep a large GPU busy. */
const BUSY = 512;

/** Large tiles load half as much; but only where they leave enough workgroups, and no half of them empty. */
function pickTile(channels: number, pixels: number): number {
  const fits = roundUp(channels, 128) === roundUp(channels, 64);
  return fits && Math.ceil(channels / 128) * Math.ceil(pixels / 128) >= BUSY ? 128 : 64;
}

/** Shares of the pixels in the tiled gradient by the weights, each of at least 256. */
export function tiledSplits({ n, ci, co, kh, kw, oh, ow }: ConvGeometry, tile: number): number {
  const tiles = Math.ceil(co / tile) * Math.ceil(ci / tile) * kh * kw;
  return evenShares(n * oh * ow, Math.min(Math.ceil(BUSY / tiles), Math.ceil((n * oh * ow) / 256)));
}

function slidePlan(g: ConvGeometry, adapter: Adapter, lanes: number, twoRows = worthTwoRows(g, adapter)): ConvPlan {
  const software = adapter.kind !== "gpu";
  // Software drivers run a workgroup on one core: small ones spread a small map over all cores. The weights' gradient has
  // its lanes over (input channel, kernel row) alone, often few, and wastes fewest of them in the smallest workgroups.
  const common = { family: "slide", lanes, workgroup: software ? 16 : 64 } as const;
  const splits = software ? slideSplits(g, 192, 4096) : slideSplits(g, 65536);
  const pass = (channels: number, width: number): SlidePass =>
    twoRows ? { ...common, workgroup: 8, ...SLIDE_TILES.twoRows } : { ...common, ...pickRegisterTile(channels, width) };
  return {
    forward: pass(g.co, g.ow),
    dx: pass(g.ci, g.w),
    dw: { family: "slide", lanes, workgroup: software ? 8 : 64, co: 8, splits },
  };
}

/** Where two rows an invocation were measured faster: wide kernels on the driver whose loads are dearest. */
const worthTwoRows = (g: ConvGeometry, { kind }: Adapter): boolean =>
  kind === "swiftshader" && g.kw >= 5 && g.kh >= 5 && g.oh >= 2;

function pointwisePlan(g: ConvGeometry, adapter: Adapter, lanes: number): ConvPlan {
  const { dw } = slidePlan(g, adapter, lanes);
  return { forward: pointwisePass(g.co, adapter, lanes), dx: pointwisePass(g.ci, adapter, lanes), dw };
}

const pointwisePass = (channels: number, { kind }: Adapter, lanes: number): PointwisePass => ({
  family: "pointwise",
  lanes,
  workgroup: kind === "gpu" ? 64 : 16,
  co: channels <= 8 ? 8 : 16,
});

function winogradPlan(g: ConvGeometry, adapter: Adapter, tile: 2 | 4): ConvPlan {
  const gpu = adapter.kind === "gpu";
  const { dw } = gpu ? tiledPlan(g) : slidePlan(g, adapter, broadcastLanes(adapter));
  const pass = (channels: number): WinogradPass => ({
    family: "winograd",
    tile,
    product: gpu ? { family: "tiled", tile: 64 } : pointwisePass(channels, adapter, broadcastLanes(adapter)),
  });
  return { forward: pass(g.co), dx: pass(g.ci), dw };
}

function winogradRowsPlan(g: ConvGeometry, adapter: Adapter): ConvPlan {
  const lanes = adapter.kind === "gpu" ? 0 : broadcastLanes(adapter);
  const { dw } = slidePlan(g, adapter, lanes);
  // Its sums are seven times as long as a 1x1 layer's, and few loads an FMA count most. (SwiftShader runs out of registers.)
  const wide = adapter.kind !== "swiftshader";
  const pass = (channels: number): WinogradRowsPass => ({
    family: "winogradRows",
    product: { ...pointwisePass(channels, adapter, lanes), ...(wide && channels > 16 && { co: 32 }) },
  });
  return { forward: pass(g.co), dx: pass(g.ci), dw };
}

/** Register tiles of conv_slide. Few are enough, and each costs a pipeline. */
export const SLIDE_TILES = {
  wide: { co: 8, px: 8, rows: 1 },
  narrow: { co: 16, px: 4, rows: 1 },
  twoRows: { co: 8, px: 8, rows: 2 },
} as const;

/**
 * The tile that wastes less on channels and pixels past the end; where they waste the same, the wide one reads less on wide
 * maps and the narrow one makes better use of small ones.
 */
function pickRegisterTile(channels: number, width: number) {
  const { wide, narrow } = SLIDE_TILES;
  const work = ({ co, px }: { co: number; px: number }) => roundUp(channels, co) * roundUp(width, px);
  const gain = work(wide) - work(narrow);
  return gain > 0 || (gain === 0 && width < 32) ? narrow : wide;
}

/**
 * Shares of the rows in the sliding gradient by the weights: enough invocations to fill the machine (`wanted`), few enough
 * partial sums, and in each invocation at least so many multiply-adds that it is worth the second pass (`least`).
 */
export function slideSplits(g: ConvGeometry, wanted: number, least = 1): number {
  const invocations = roundUp(g.ci * g.kh, 8) * Math.ceil(g.co / 8);
  const most = Math.min(64, Math.floor((g.n * g.oh * g.ow * g.kw * 8) / least));
  return evenShares(g.n * g.oh, Math.min(most, Math.ceil(wanted / invocations)));
}

/** The nearest number of shares, at most `shares`, that leaves none empty when each but the last has as many as the first. */
function evenShares(total: number, shares: number): number {
  const some = Math.max(1, Math.min(total, shares));
  return Math.ceil(total / Math.ceil(total / some));
}

export const roundUp = (v: number, to: number): number => Math.ceil(v / to) * to;
