import { cast, checkpoint, type Dtype, type Gpu, maxPool2d, type Parameters, type Tensor } from "../../engine/index";
import { joinWithMargin, marginsPay } from "../../engine/ops/index";
import { type ConvSpec, convolve, paddingOf } from "./layers";

/** 2x2 max pooling with stride 2. */
export const POOL = "pool";

/** A layer that reads the result of the one before. */
export type Layer = ConvSpec | typeof POOL;

/** How chains run. */
export interface ChainOptions {
  /** What activations are stored in; the images' type by default. */
  dtype?: Dtype;
  /** How many segments, over all chains in the order in which they run, `backward` runs again; none by default. */
  checkpointed?: number;
}

/**
 * Runs layers, one after another, on inputs [B, C, H, W] joined along their channels.
 * @param segments the layers, in parts that backward may run again each (`checkpoint`)
 */
export type RunChain = (inputs: readonly Tensor[], ...segments: readonly (readonly Layer[])[]) => Tensor;

/**
 * What a network runs its layers with. Each result is let go once the next layer has read it: without gradients hardly more than
 * two are live at a time. Where that pays, each convolution writes its result in the midst of the zeros that the next one reads
 * around it, beyond poolings, which keep them, and beyond the end of a segment.
 */
export function chainRunner(parameters: Parameters, { dtype, checkpointed = 0 }: ChainOptions = {}): RunChain {
  let segmentsRun = 0;
  return (inputs, ...segments) => {
    const { gpu } = inputs[0];
    const margins = wantedMargins(gpu, segments.flat());
    const letGo = (old: readonly Tensor[]) => {
      for (const t of old) if (!inputs.includes(t)) t.dispose();
    };
    let given = inputs.map((x) => (dtype ? cast(x, dtype) : x));
    // One input is laid out once; several are joined within their segment, which keeps them for backward and not their join too.
    if (given.length === 1 && margins[0] > 0) {
      const laidOut = joinWithMargin(given, margins[0]);
      letGo(given);
      given = [laidOut];
    }
    let first = 0;
    for (const layers of segments) {
      const around = margins.slice(first, first + layers.length + 1);
      const run = (all: readonly Tensor[]) => runLayers(parameters, layers, all, around);
      const y = segmentsRun++ < checkpointed ? checkpoint(given, run) : gpu.scope(() => run(given));
      letGo(given);
      given = [y];
      first += layers.length;
    }
    return given[0];
  };
}

/** For each layer, and for what comes behind the last, the margin that it wants around what it reads. */
function wantedMargins({ adapter }: Gpu, layers: readonly Layer[]): number[] {
  const margins = [0];
  for (const layer of layers.toReversed()) margins.unshift(layer === POOL ? margins[0] : paddingOf(layer));
  return margins.map((margin) => (marginsPay(adapter) ? margin : 0));
}

/** One segment. @param margins what each layer reads, and what its last result gets */
function runLayers(
  parameters: Parameters,
  layers: readonly Layer[],
  inputs: readonly Tensor[],
  margins: readonly number[],
): Tensor {
  let h = inputs.length > 1 ? joinWithMargin(inputs, margins[0]) : inputs[0];
  for (const [i, layer] of layers.entries()) {
    const y = layer === POOL ? maxPool2d(h, { kernel: 2 }) : convolve(parameters, layer, h, margins[i + 1]);
    if (h !== inputs[0]) h.dispose();
    h = y;
  }
  return h;
}
