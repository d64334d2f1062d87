import { convData, type LayerCase, type LayerContender, type Task, taskOf } from "../contract/index";
import {
  demand,
  interleave,
  milliseconds,
  type Roofline,
  reasonOf,
  relativeError,
  type Timing,
} from "../measure/index";
import { convReference } from "./reference";

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

/** One measurement repeats its computation until it takes about this long, so that waiting does not count. */
const ENOUGH_MS = 30;
const MOST_REPEATS = 64;
const BUDGET_MS = 5000;

/** A contender as the tables name it. */
export interface Entrant {
  readonly name: string;
  readonly contender: LayerContender;
}

/** Times one computation by every contender; the first is us. @throws MismatchError when we are wrong */
export async function measureCase(
  c: LayerCase,
  entrants: readonly Entrant[],
  roofline: Roofline,
  rounds: number,
  budgetMs = BUDGET_MS,
): Promise<LayerFigures> {
  const entries: { name: string; task: Task; error: number }[] = [];
  const refused: Record<string, string> = {};
  const [us, ...others] = entrants;
  try {
    const task = taskOf(us.contender, c)!;
    entries.push({ name: us.name, task, error: 0 });
    const ours = await task.result();
    checkOurs(c, ours);
    for (const { name, contender } of others) {
      const outcome = await tryPeer(contender, c, ours);
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
  peer: LayerContender,
  c: LayerCase,
  ours: Float32Array,
): Promise<{ task: Task; error: number } | string | null> {
  let task: Task | null = null;
  try {
    task = taskOf(peer, c);
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
