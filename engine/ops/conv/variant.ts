import type { AdapterFacts } from "../../adapters/facts";
import type { ConvGeometry } from "./geometry";

/**
 * The kernel families for a convolution:
 * - `slideBroadcast`: conv_slide with weights handed round by subgroupBroadcast, for drivers where a load is dear
 * - `slidePlain`: conv_slide with plain loads, for real GPUs and adapters without subgroups
 * - `direct`: conv_direct, for strides, dilations and kernels too wide to keep in registers
 */
export type ConvVariantName = "slideBroadcast" | "slidePlain" | "direct";

/** Register tile of conv_slide: output channels x neighbouring pixels. */
export interface ConvTile {
  co: number;
  px: number;
}

export interface ConvVariant {
  name: ConvVariantName;
  /** Lanes that share their loads by broadcast; 0: none. */
  lanes: number;
  /** Invocations in a workgroup of conv_slide. */
  workgroup: number;
  forward: ConvTile;
  dx: ConvTile;
  /** Output channels an invocation owns, invocations in a workgroup, and the shares into which the rows are split. */
  dw: { co: number; workgroup: number; splits: number };
}

/** Wider kernels would not fit in registers. */
const WIDEST = 11;

/**
 * Which kernels compute a convolution and its gradients: a pure function of its sizes and the adapter.
 * @param forced a family to take instead. @throws Error when it cannot do this convolution on this adapter.
 */
export function pickConvVariant(
  g: ConvGeometry,
  adapter: Pick<AdapterFacts, "kind" | "subgroups" | "subgroupSize">,
  forced?: ConvVariantName,
): ConvVariant {
  const slides =
    g.strideY * g.strideX * g.dilationY * g.dilationX === 1 && g.kw <= WIDEST && g.padY < g.kh && g.padX < g.kw;
  const software = adapter.kind !== "gpu";
  const canBroadcast = adapter.subgroups && adapter.subgroupSize >= 4;
  const best = !slides ? "direct" : software && canBroadcast ? "slideBroadcast" : "slidePlain";
  const name = forced ?? best;
  if ((name !== "direct" && !slides) || (name === "slideBroadcast" && !canBroadcast)) {
    throw new Error(`conv2d: variant ${name} cannot compute this convolution on ${adapter.kind}`);
  }
  return {
    name,
    lanes: name === "slideBroadcast" ? Math.min(adapter.subgroupSize, 8) : 0,
    // Software drivers run a workgroup on one core: small ones spread a small map over all cores. The weights' gradient has
    // its lanes over (input channel, kernel row) alone, often few, and wastes fewest of them in the smallest workgroups.
    workgroup: software ? 16 : 64,
    forward: pickTile(g.co, g.ow),
    dx: pickTile(g.ci, g.w),
    dw: { co: 8, workgroup: software ? 8 : 64, splits: pickSplits(g, software) },
  };
}

/**
 * The tile that wastes less on channels and pixels past the end. Two tiles are enough, and each costs a pipeline; where they
 * waste the same, the wide one reads less on wide maps and the narrow one makes better use of small ones.
 */
function pickTile(channels: number, width: number): ConvTile {
  const wide: ConvTile = { co: 8, px: 8 };
  const narrow: ConvTile = { co: 16, px: 4 };
  const work = ({ co, px }: ConvTile) => roundUp(channels, co) * roundUp(width, px);
  const gain = work(wide) - work(narrow);
  return gain > 0 || (gain === 0 && width < 32) ? narrow : wide;
}

/** Shares of the rows in the weights' gradient: enough invocations to fill the machine, few enough partial sums. */
function pickSplits(g: ConvGeometry, software: boolean): number {
  const invocations = roundUp(g.ci * g.kh, 8) * Math.ceil(g.co / 8);
  const wanted = software ? 192 : 65536;
  const rows = g.n * g.oh;
  const shares = Math.max(1, Math.min(rows, 64, Math.ceil(wanted / invocations)));
  return Math.ceil(rows / Math.ceil(rows / shares));
}

export const roundUp = (v: number, to: number): number => Math.ceil(v / to) * to;
