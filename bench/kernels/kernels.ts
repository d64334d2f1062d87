import type { Gpu } from "../../engine/index";
import type { Config } from "../../train/config/index";
import { openOurLayers, openRivals } from "../contenders/index";
import { type Conditions, conditions, measureRoofline, type Roofline, reasonOf } from "../measure/index";
import type { ListedPeer } from "../peers/index";
import { OURS } from "../peers/index";
import { chooseLayers, layerCases } from "./cases";
import { type LayerFigures, measureCase } from "./measure-case";

/** What `bench kernels` takes its layer shapes from: the full network, one image. */
export const LAYER_SETS = ["width=1", "image_size=368", "batch_size=1"];

export interface KernelsResult extends Conditions {
  kind: "kernels";
  network: { model: string; width: number; image_size: number; batch_size: number };
  roofline: Roofline;
  layers: LayerFigures[];
  /** Computations asked for; more than are listed where the measurement was cut short. */
  cases: number;
  /** Computations that could not be measured, and why. */
  failed: Record<string, string>;
  /** Peers that could not be opened, and why. */
  absent: Record<string, string>;
  /** Peers that have no single computations; figures of before do not say. */
  without?: string[];
}

export interface KernelsOptions {
  gpu: Gpu;
  config: Config;
  /** "all", or a part of a case's "op name pass". */
  layers: string;
  peers: readonly ListedPeer[];
  rounds: number;
  /** What a contender's timed runs of one computation may take together; a slow one has fewer rounds, but always one. */
  budgetMs?: number;
  /** The adapter's limits where they are known; measured otherwise. */
  roofline?: Roofline;
  note?: (line: string) => void;
  /** Is given all figures so far after every computation. */
  keep?: (sofar: KernelsResult) => Promise<void>;
}

/**
 * Times every distinct computation of a configuration's training step. Our convolutions are held against float64 first,
 * then each peer against us; a peer that is wrong in one computation is not timed there, and where we are wrong nothing
 * is. One computation that fails does not keep the others from being measured.
 */
export async function benchKernels(options: KernelsOptions): Promise<KernelsResult> {
  const { gpu, config, layers, peers, rounds, note = () => {}, keep } = options;
  const { model, width, image_size, batch_size } = config;
  note("measuring the roofline");
  const roofline = options.roofline ?? (await measureRoofline(gpu));
  const { rivals, without, absent } = await openRivals(gpu, peers, ({ openLayers }) => openLayers, note);
  try {
    const entrants = [{ name: OURS, contender: openOurLayers(gpu) }, ...rivals];
    const cases = chooseLayers(layerCases(config), layers);
    const result: KernelsResult = {
      kind: "kernels",
      ...conditions(gpu, rivals),
      network: { model, width, image_size, batch_size },
      roofline,
      layers: [],
      cases: cases.length,
      failed: {},
      absent,
      without,
    };
    for (const [i, c] of cases.entries()) {
      const name = `${c.op} ${c.name} ${c.pass}`;
      note(`${i + 1}/${cases.length} ${name}`);
      try {
        result.layers.push(await measureCase(c, entrants, roofline, rounds, options.budgetMs));
      } catch (error) {
        result.failed[name] = reasonOf(error);
        note(`${name}: ${result.failed[name]}`);
      }
      await keep?.(result);
    }
    return result;
  } finally {
    for (const rival of rivals) await rival.close();
  }
}
