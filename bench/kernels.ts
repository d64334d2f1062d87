import type { Gpu } from "../engine/gpu";
import type { Config } from "../train/config";
import { demand, relativeError } from "./check";
import { type Conditions, conditions, ourVersion } from "./conditions";
import { chooseLayers, type LayerCase, layerCases } from "./layers";
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
}

export interface KernelsResult extends Conditions {
  kind: "kernels";
  network: { model: string; width: number; image_size: number; batch_size: number };
  roofline: Roofline;
  layers: LayerFigures[];
}

export interface KernelsOptions {
  gpu: Gpu;
  config: Config;
  /** "all", or a part of a case's "op name pass". */
  layers: string;
  peers: readonly KernelPeer[];
  rounds: number;
  /** The adapter's limits where they are known; measured otherwise. */
  roofline?: Roofline;
  note?: (line: string) => void;
}

/** One measurement repeats its computation until it takes about this long, so that waiting does not count. */
const ENOUGH_MS = 30;
const MOST_REPEATS = 64;

/** Times every distinct computation of a configuration's training step. @throws MismatchError */
export async function benchKernels(options: KernelsOptions): Promise<KernelsResult> {
  const { gpu, config, layers, peers, rounds, note = () => {} } = options;
  const { model, width, image_size, batch_size } = config;
  note("measuring the roofline");
  const roofline = options.roofline ?? (await measureRoofline(gpu));
  const contenders: LayerContender[] = [openOurLayers(gpu, ourVersion)];
  try {
    for (const peer of peers) {
      note(`loading ${peer}`);
      contenders.push(
        peer === "tfjs" ? await (await loadTfjs()).openTfjsLayers(gpu) : await (await loadJax()).openJaxLayers(gpu),
      );
    }
    const figures: LayerFigures[] = [];
    const cases = chooseLayers(layerCases(config), layers);
    for (const [i, c] of cases.entries()) {
      note(`${i + 1}/${cases.length} ${c.op} ${c.name} ${c.pass}`);
      figures.push(await measureCase(c, contenders, roofline, rounds));
    }
    const versions = Object.fromEntries(contenders.slice(1).map((p) => [p.name, p.version]));
    return {
      kind: "kernels",
      ...conditions(gpu, versions),
      network: { model, width, image_size, batch_size },
      roofline,
      layers: figures,
    };
  } finally {
    for (const c of contenders) await c.close();
  }
}

async function measureCase(
  c: LayerCase,
  contenders: readonly LayerContender[],
  roofline: Roofline,
  rounds: number,
): Promise<LayerFigures> {
  const entries: { name: string; task: Task; error: number }[] = [];
  try {
    let ours: Float32Array | null = null;
    for (const { name, task: make } of contenders) {
      const task = make(c);
      if (!task) continue;
      entries.push({ name, task, error: 0 });
      const result = await task.result();
      ours ??= result;
      const error = relativeError(ours, result);
      demand(name, `${c.op} ${c.name} ${c.pass}`, error, tolerance(c));
      entries[entries.length - 1].error = error;
    }
    const repeats: number[] = [];
    for (const { task } of entries) {
      let once = await milliseconds(() => task.run(1));
      if (once < ENOUGH_MS) once = Math.min(once, await milliseconds(() => task.run(1)));
      repeats.push(Math.max(1, Math.min(MOST_REPEATS, Math.round(ENOUGH_MS / once))));
    }
    const timings = await interleave(
      entries.map(
        ({ task }, i) =>
          () =>
            task.run(repeats[i]),
      ),
      rounds,
    );
    const [mine, ...theirs] = timings.map((t, i) => perRun(t, repeats[i]));
    const peers = theirs.map((timing, i): [string, PeerLayerFigures] => {
      const { name, error } = entries[i + 1];
      return [name, { ms: timing.median, timing, ratio: timing.median / mine.median, error }];
    });
    return { ...describe(c), ...rates(c, mine, roofline), timing: mine, peers: Object.fromEntries(peers) };
  } finally {
    for (const { task } of entries) task.dispose();
  }
}

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
