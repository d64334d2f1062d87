import { kernels } from "../../../../kernels/index";
import { type Layout, layoutOf, planeOf, type Tensor } from "../../../core/index";
import type { Dtype } from "../../../device/index";
import {
  type Adapter,
  broadcastLanes,
  type ConvFamily,
  type ConvGeometry,
  evenShares,
  forwardPacking,
  gradientPacking,
  lanesToTry,
  type Packing,
  type Passes,
  roundUp,
  slides,
  sumShares,
  usualLanes,
  usualWorkgroup,
  withZeros,
  workgroupsToTry,
} from "../common/index";

/** conv_slide.wgsl: a register tile of `co` output channels x `px` neighbouring pixels of `rows` rows. */
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

/** A window that slides over the rows of an image, held in registers: stride 1, dilation 1, kernels up to 11 wide. */
export const slide = {
  name: "slide",
  kernels: { sums: [kernels.conv_slide, kernels.conv_slide_dw], around: [kernels.conv_pack] },
  margins: true,
  zeros: true,
  sample: { x: [2, 5, 9, 11], w: [21, 3, 3], attrs: { padding: 1 } },
  variants: {
    /** Weights handed round by subgroupBroadcast, for drivers where a load is dear. */
    slideBroadcast: (g, adapter) =>
      broadcastLanes(adapter) ? passes(g, adapter, broadcastLanes(adapter), false) : null,
    /** Two rows an invocation (loads by broadcast where there are subgroups), for SwiftShader. */
    slideRows: (g, adapter) => passes(g, adapter, broadcastLanes(adapter), true),
    /** Plain loads, for small layers on real GPUs, and adapters without subgroups. */
    slidePlain: (g, adapter) => passes(g, adapter, 0, false),
  },
  can: slides,
  usual: (g, adapter) => passes(g, adapter, usualLanes(adapter), worthTwoRows(g, adapter)),
  candidates: (_, adapter) =>
    Object.values(TILES).flatMap((tile) =>
      lanesToTry(adapter).flatMap((lanes) =>
        workgroupsToTry(adapter, [8, 16, 32]).map((workgroup) => ({ family: "slide", lanes, workgroup, ...tile })),
      ),
    ),
  dwCandidates(g, adapter) {
    const wanted = adapter.kind === "gpu" ? [16384, 65536, 262144] : [96, 192, 384];
    const several = [...new Set(wanted.map((invocations) => pickSplits(g, invocations)))];
    return several.flatMap((splits) =>
      lanesToTry(adapter).flatMap((lanes) =>
        workgroupsToTry(adapter, [8, 16]).map((workgroup) => ({ family: "slide", lanes, workgroup, co: 8, splits })),
      ),
    );
  },

  forward(g, p, [x, w, b], y, relu) {
    const input = withZeros(g, x);
    const weights = packWeights(g, p, forwardPacking(g), w, b ?? null, x.dtype);
    slideWindow({ ...g, p, input, weights, out: y, layout: g.y, relu, gate: null });
    input.dispose();
    weights.dispose();
  },

  /** The same convolution of the gradient with zeros around it, with the weights turned round and the channels swapped. */
  dx(g, p, dy, w, dx, gate) {
    const weights = packWeights(g, p, gradientPacking(g), w, null, dy.dtype);
    const swapped = { ...g, ci: g.co, co: g.ci, oh: g.h, ow: g.w };
    slideWindow({ ...swapped, p, input: dy, weights, out: dx, layout: g.x, relu: false, gate });
    dx.rectified = gate !== null;
    weights.dispose();
  },

  /** Two passes: partial sums over shares of the rows, then their sum. */
  dw(g, p, dy, x, dw) {
    const input = withZeros(g, x);
    const { rows: dyRows, pitch: dyPitch, top, left } = layoutOf(dy);
    const { rows: xRows, pitch: xPitch } = layoutOf(input);
    const rows = g.n * g.oh;
    sumShares(dw, p.splits, (part) =>
      x.gpu.dispatch({
        kernel: kernels.conv_slide_dw,
        params: { K: g.kw, CO: p.co, OFF: left % 4, LANES: p.lanes },
        constants: { WG: p.workgroup },
        uniforms: {
          ...{ ci: g.ci, co: g.co, kh: g.kh, oh: g.oh, tileCo: p.co },
          ...{ tiles: Math.ceil(g.ow / 4), rows, share: Math.ceil(rows / p.splits) },
          ...{ xPitch: xPitch / 4, xPlane: (xRows * xPitch) / 4 },
          ...{ dyPitch: dyPitch / 4, dyPlane: (dyRows * dyPitch) / 4 },
          dyStart: (top * dyPitch + left - (left % 4)) / 4,
        },
        bindings: { x: input, dy, dw: part },
        workgroups: [Math.ceil((g.ci * g.kh) / p.workgroup), Math.ceil(g.co / p.co), p.splits],
      }),
    );
    input.dispose();
  },
} satisfies ConvFamily<SlidePass, SlideDw>;

function passes(g: ConvGeometry, adapter: Adapter, lanes: number, twoRows: boolean): Passes<SlidePass, SlideDw> {
  const software = adapter.kind !== "gpu";
  const pass = (channels: number, width: number): SlidePass =>
    twoRows
      ? { family: "slide", lanes, workgroup: 8, ...TILES.twoRows }
      : { family: "slide", lanes, workgroup: usualWorkgroup(adapter), ...pickTile(channels, width) };
  // The weights' gradient has its lanes over (input channel, kernel row) alone, often few, and wastes fewest of them in the
  // smallest workgroups.
  const workgroup = software ? 8 : 64;
  const splits = software ? pickSplits(g, 192, 4096) : pickSplits(g, 65536);
  return {
    forward: pass(g.co, g.ow),
    dx: pass(g.ci, g.w),
    dw: { family: "slide", lanes, workgroup, co: 8, splits },
  };
}

/** Where two rows an invocation were measured faster: wide kernels on the driver whose loads are dearest. */
const worthTwoRows = (g: ConvGeometry, { kind }: Adapter): boolean =>
  kind === "swiftshader" && g.kw >= 5 && g.kh >= 5 && g.oh >= 2;

/** Register tiles of conv_slide. Few are enough, and each costs a pipeline. */
const TILES = {
  wide: { co: 8, px: 8, rows: 1 },
  narrow: { co: 16, px: 4, rows: 1 },
  twoRows: { co: 8, px: 8, rows: 2 },
} as const;

/**
 * The tile that wastes less on channels and pixels past the end; where they waste the same, the wide one reads less on wide
 * maps and the narrow one makes better use of small ones.
 */
function pickTile(channels: number, width: number) {
  const { wide, narrow } = TILES;
  const work = ({ co, px }: { co: number; px: number }) => roundUp(channels, co) * roundUp(width, px);
  const gain = work(wide) - work(narrow);
  return gain > 0 || (gain === 0 && width < 32) ? narrow : wide;
}

/**
 * Shares of the rows in the gradient by the weights: enough invocations to fill the machine (`wanted`), few enough partial sums,
 * and in each invocation at least so many multiply-adds that it is worth the second pass (`least`).
 */
function pickSplits(g: ConvGeometry, wanted: number, least = 1): number {
  const invocations = roundUp(g.ci * g.kh, 8) * Math.ceil(g.co / 8);
  const most = Math.min(64, Math.floor((g.n * g.oh * g.ow * g.kw * 8) / least));
  return evenShares(g.n * g.oh, Math.min(most, Math.ceil(wanted / invocations)));
}

function packWeights(
  { kh, kw }: ConvGeometry,
  tile: SlidePass,
  packing: Packing,
  w: Tensor,
  bias: Tensor | null,
  to: Dtype,
): Tensor {
  const { gpu } = w;
  const { inner, outer } = packing;
  const k4 = Math.ceil(kw / 4);
  const outerPad = roundUp(outer, tile.co);
  const packed = gpu.empty([inner * kh * outerPad * k4 + outerPad / 4, 4], to);
  const [rows, layers] = gpu.grid(inner + 1, 1);
  gpu.dispatch({
    kernel: kernels.conv_pack,
    uniforms: { ...packing, outerPad, kh, kw, k4, hasBias: bias ? 1 : 0 },
    bindings: { w, bias: bias ?? w, packed },
    workgroups: [Math.ceil((outerPad * k4) / 32), rows, layers],
  });
  return packed;
}

interface Window extends Pick<ConvGeometry, "n" | "ci" | "co" | "kh" | "kw" | "oh" | "ow"> {
  p: SlidePass;
  /** With the zeros around it that the window reads. */
  input: Tensor;
  weights: Tensor;
  /** The result, and where its images lie. */
  out: Tensor;
  layout: Layout;
  relu: boolean;
  gate: Tensor | null;
}

function slideWindow({ p, input, weights, out, layout, n, ci, co, kh, kw, oh, ow, relu, gate }: Window): void {
  const { gpu } = input;
  const { rows, pitch } = layoutOf(input);
  const tiles = Math.ceil(ow / p.px);
  const invocations = n * Math.ceil(oh / p.rows) * tiles;
  const coPad = roundUp(co, p.co);
  const { plane: yPlane, pitch: yPitch, start: yStart } = planeOf(layout);
  const [gx, gy] = gpu.grid(invocations, p.workgroup);
  gpu.dispatch({
    kernel: kernels.conv_slide,
    params: { K: kw, K4: Math.ceil(kw / 4), CO: p.co, PX: p.px, ROWS: p.rows, LANES: p.lanes },
    constants: { WG: p.workgroup },
    uniforms: {
      ...{ ci, co, coPad, kh, oh, ow, tileCo: p.co },
      ...{ tiles, invocations, xPitch: pitch / 4, xPlane: (rows * pitch) / 4, yPlane, yPitch, yStart },
      ...{ relu: relu ? 1 : 0, gate: gate ? 1 : 0 },
    },
    bindings: { x: input, w: weights, y: out, z: gate ?? weights },
    workgroups: [gx, gy, coPad / p.co],
  });
}
