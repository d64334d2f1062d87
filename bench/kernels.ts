import type { Gpu } from "../engine/core/gpu";
import type { Config } from "../train/config/resolve";
import { demand, reasonOf, relativeError } from "./check";
import { type Conditions, conditions, ourVersion } from "./conditions";
import { chooseLayers, convData, convReference, type LayerCase, layerCases } from "./layers";
import { openOurLayers } from "./our-layers";
import { loadJax, loadTfjs } from "./peers/load";
import { measureRoofline, type Roofline } from "./roofline";
import { interleave, milliseconds, type Timing } from "./statistics";
import type { LayerContender, Task } from "./task";

export const KERNEL_PEERS = ["tfjs", "jax-js"] as const;
export type KernelPeer = (typeof KERNEL_PEERS)[number];

export interface PeerLayerFigures {
  ms: number;
  timing: Timing;
  /** Theirs over ours: how many times faster we are. */
  ratio: number;
  /** Largest difference from our result, relative to its absmax. */
  error: number;
}

export interface LayerFigures {
  op: LayerCase["op"];
  pass: LayerCase["pass"];
  name: string;
  layers: number;
  flops: number;
  bytes: number;
  /** Median of one run. */
  ms: number;
  timing: Timing;
  gflops: number;
  gbs: number;
  /** Time that the roofline allows at best over time taken. */
  share: number;
  /** Which of the roofline's limits is nearer. */
  bound: "compute" | "memory";
  peers: Record<string, PeerLayerFigures>;
  /** Peers that are not timed, and why: another result than ours, or none. */
  refused: Record<string, string>;
}

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
}

export interface KernelsOptions {
  gpu: Gpu;
  config: Config;
  /** "all", or a part of a case's "op name pass". */
  layers: string;
  peers: readonly KernelPeer[];
  rounds: number;
  /** What a contender's timed runs of one computation may take together; a slow one has fewer rounds, but always one. */
  budgetMs?: number;
  /** The adapter's limits where they are known; measured otherwise. */
  roofline?: Roofline;
  note?: (line: string) => void;
  /** Is given all figures so far after every computation. */
  keep?: (sofar: KernelsResult) => Promise<void>;
}

/** One measurement repeats its computation until it takes about this long, so that waiting does not count. */
const ENOUGH_MS = 30;
const MOST_REPEATS = 64;
const BUDGET_MS = 5000;

/**
 * Times every distinct computation of a configuration's training step. Our convolutions are held against float64 first,
 * then each peer against us; a peer that is wrong in one computation is not timed there, and where we are wrong nothing
 * is. One computation that fails does not keep the others from being measured.
 */
export async function benchKernels(options: KernelsOptions): Promise<KernelsResult> {
  const { gpu, config, layers, peers, rounds, budgetMs = BUDGET_MS, note = () => {}, keep } = options;
  const { model, width, image_size, batch_size } = config;
  note("measuring the roofline");
  const roofline = options.roofline ?? (await measureRoofline(gpu));
  const contenders: LayerContender[] = [openOurLayers(gpu, ourVersion)];
  const absent: KernelsResult["absent"] = {};
  try {
    for (const peer of peers) {
      note(`loading ${peer}`);
      try {
        contenders.push(await openPeer(peer, gpu));
      } catch (error) {
        absent[peer] = reasonOf(error);
        note(`${peer}: ${absent[peer]}`);
      }
    }
    const cases = chooseLayers(layerCases(config), layers);
    const versions = Object.fromEntries(contenders.slice(1).map((p) => [p.name, p.version]));
    const result: KernelsResult = {
      kind: "kernels",
      ...conditions(gpu, versions),
      network: { model, width, image_size, batch_size },
      roofline,
      layers: [],
      cases: cases.length,
      failed: {},
      absent,
    };
    for (const [i, c] of cases.entries()) {
      const name = `${c.op} ${c.name} ${c.pass}`;
      note(`${i + 1}/${cases.length} ${name}`);
      try {
        result.layers.push(await measureCase(c, contenders, roofline, rounds, budgetMs));
      } catch (error) {
        result.failed[name] = reasonOf(error);
        note(`${name}: ${result.failed[name]}`);
      }
      await keep?.(result);
    }
    return result;
  } finally {
    for (const c of contenders) await c.close();
  }
}

const openPeer = async (peer: KernelPeer, gpu: Gpu): Promise<LayerContender> =>
  peer === "tfjs" ? (await loadTfjs()).openTfjsLayers(gpu) : (await loadJax()).openJaxLayers(gpu);

/** Times one computation by every contender; the first is us. @throws MismatchError when we are wrong */
export async function measureCase(
  c: LayerCase,
  contenders: readonly LayerContender[],
  roofline: Roofline,
  rounds: number,
  budgetMs = BUDGET_MS,
): Promise<LayerFigures> {
  const entries: { name: string; task: Task; error: number }[] = [];
  const refused: Record<string, string> = {};
  const [us, ...others] = contenders;
  try {
    const task = us.task(c)!;
    entries.push({ name: us.name, task, error: 0 });
    const ours = await task.result();
    checkOurs(c, ours);
    for (const { name, task: make } of others) {
      const outcome = await tryPeer(make, c, ours);
      if (typeof outcome === "string") refused[name] = outcome;
      else if (outcome) entries.push({ name, ...outcome });
    }
    const runs: { run: () => Promise<void>; repeats: number; rounds: number }[] = [];
    for (const { task } of entries) {
      let once = await milliseconds(() => task.run(1));
      if (once < ENOUGH_MS) once = Math.min(once, await milliseconds(() => task.run(1)));
      const repeats = between(1, Math.round(ENOUGH_MS / once), MOST_REPEATS);
      const affordable = between(1, Math.floor(budgetMs / (once * repeats)), rounds);
      runs.push({ run: () => task.run(repeats), repeats, rounds: affordable });
    }
    const timings = await interleave(
      runs.map(({ run }) => run),
      runs.map(({ rounds }) => rounds),
      false, // the comparison of results, and the run before, have warmed all
    );
    const [mine, ...theirs] = timings.map((t, i) => perRun(t, runs[i].repeats));
    const peers = theirs.map((timing, i): [string, PeerLayerFigures] => {
      const { name, error } = entries[i + 1];
      return [name, { ms: timing.median, timing, ratio: timing.median / mine.median, error }];
    });
    return { ...describe(c), ...rates(c, mine, roofline), timing: mine, peers: Object.fromEntries(peers), refused };
  } finally {
    for (const { task } of entries) task.dispose();
  }
}

/** A peer's computation once its result is known to be ours; the reason why it is not timed; null where it has none. */
async function tryPeer(
  make: LayerContender["task"],
  c: LayerCase,
  ours: Float32Array,
): Promise<{ task: Task; error: number } | string | null> {
  let task: Task | null = null;
  try {
    task = make(c);
    if (!task) return null;
    const error = relativeError(ours, await task.result());
    if (error <= tolerance(c)) return { task, error };
    task.dispose();
    return `its result differs by ${error.toPrecision(2)} of the absmax`;
  } catch (error) {
    task?.dispose();
    return `it failed: ${reasonOf(error)}`;
  }
}

/** @throws MismatchError when our convolution is not what the formula gives */
function checkOurs(c: LayerCase, result: Float32Array): void {
  if (c.op !== "conv") return; // the others are held against their references in the tests
  const samples = convReference(c, convData(c));
  const absmax = result.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  const error = samples.reduce((most, { at, value }) => Math.max(most, Math.abs(value - result[at])), 0) / absmax;
  demand("the float64 formula", `${c.name} ${c.pass}`, error, tolerance(c));
}

const between = (low: number, value: number, high: number): number => Math.max(low, Math.min(value, high));

const describe = ({ op, pass, name, layers, flops, bytes }: LayerCase) => ({ op, pass, name, layers, flops, bytes });

function rates({ flops, bytes }: LayerCase, { median: ms }: Timing, roofline: Roofline) {
  const compute = flops / (roofline.fma_gflops * 1e6);
  const memory = bytes / (Math.max(roofline.load_vec4_gbs, roofline.load_scalar_gbs) * 1e6);
  return {
    ms,
    gflops: flops / (ms * 1e6),
    gbs: bytes / (ms * 1e6),
    share: Math.max(compute, memory) / ms,
    bound: compute >= memory ? ("compute" as const) : ("memory" as const),
  };
}

const perRun = (t: Timing, repeats: number): Timing => ({
  median: t.median / repeats,
  min: t.min / repeats,
  max: t.max / repeats,
  spread: t.spread / repeats,
  runs: t.runs,
});

/** Rounding of sums of so many float32 terms in another order; a sum over all pixels of an image has the most. */
const tolerance = (c: LayerCase): number => (c.op === "conv" && c.pass === "dw" ? 1e-3 : 1e-4);
