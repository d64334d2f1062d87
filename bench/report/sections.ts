import type { KernelsResult, LayerFigures } from "../kernels/index";
import type { Timing } from "../measure/index";
import { OURS } from "../peers/index";
import type { MemoryPoint, PeerStepFigures, StepFigures } from "../step/index";
import { type Cell, conditionsLine, figure, mebibytes } from "./format";
import type { AnyResult, ResultOf, Results } from "./results";

export interface Table {
  title: string;
  head: readonly string[];
  rows: readonly (readonly Cell[])[];
}

/** One benchmark's findings in words and tables; terminal, Markdown and HTML show the same. */
export interface Section {
  result: AnyResult;
  title: string;
  /** How it was measured, then what stands out. */
  lines: readonly string[];
  tables: readonly Table[];
}

export function sections(results: Results): Section[] {
  return ORDER.flatMap((kind) => results.filter((r) => r.kind === kind)).map(sectionOf);
}

const ORDER = ["step", "memory", "kernels", "roofline", "sweep"] as const;

function sectionOf(result: AnyResult): Section {
  switch (result.kind) {
    case "step":
      return stepSection(result);
    case "memory":
      return memorySection(result);
    case "kernels":
      return kernelsSection(result);
    case "roofline":
      return rooflineSection(result);
    case "sweep":
      return sweepSection(result);
  }
}

const opening = (result: AnyResult): string[] => [conditionsLine(result), `Measured by \`${result.command}\`.`];

export const networkLine = (n: { model: string; width: number; image_size: number; batch_size: number }): string =>
  `${n.model}, width ${n.width}, ${n.image_size} x ${n.image_size}, batch ${n.batch_size}`;

/** Peers that have nothing to be measured here: dashes in the table. */
const without = (r: { without?: readonly string[] }): readonly string[] => r.without ?? [];

const STEP_HEAD = ["", "step ms", "+-", "forward ms", "+-", "images/s", "peak MiB", "first step ms"];

function stepSection(r: ResultOf<"step">): Section {
  const peers = Object.entries(r.peers);
  const row = (name: string, f: StepFigures): Cell[] => [
    name,
    f.step_ms,
    f.timing.step.spread,
    f.forward_ms,
    f.timing.forward.spread,
    f.images_per_s,
    mebibytes(f.peak_bytes),
    f.first_ms,
  ];
  const lines = [
    ...opening(r),
    `${networkLine(r.network)}, ${figure(r.network.parameters)} parameters. ${runs(r.timing.step)}; ` +
      "a first step runs in a fresh process without shader caches.",
    ...peers.map(([name, p]) => againstPeer(name, p)),
    ...notMeasured(r.refused),
    ...(r.least_bytes === null ? [] : [overLeast(r.peak_bytes, r.least_bytes)]),
    `Recording and submitting a step takes ${figure(r.encode_ms)} ms of CPU time ` +
      `(${figure((100 * r.encode_ms) / r.step_ms)}% of the step); ${r.pipelines} pipelines.`,
  ];
  const tables: Table[] = [
    {
      title: "Training step",
      head: STEP_HEAD,
      rows: [
        row(OURS, r),
        ...peers.map(([name, f]) => row(name, f)),
        ...without(r).map((name): Cell[] => [name, ...STEP_HEAD.slice(1).map(() => null)]),
      ],
    },
  ];
  if (r.profile) {
    const { gpu_ms, phases, kernels, dispatches } = r.profile;
    lines.push(
      `Timestamp queries, with a pass of its own for each of the ${dispatches} dispatches, find the GPU busy for ${figure(gpu_ms)} ms.`,
    );
    tables.push({
      title: "Our step by phase",
      head: ["phase", "ms", "share %"],
      rows: Object.entries(phases).map(([phase, ms]) => [phase, ms, (100 * ms) / gpu_ms]),
    });
    tables.push({
      title: "Our step by kernel",
      head: ["kernel", "ms", "share %", "dispatches"],
      rows: kernels.map((k) => [k.name, k.ms, (100 * k.ms) / gpu_ms, k.dispatches]),
    });
  }
  return { result: r, title: "The training step", lines, tables };
}

const overLeast = (peak: number, least: number): string =>
  `At its peak a step holds ${figure(mebibytes(peak))} MiB, ${figure(peak / least)} times the least that any assignment of ` +
  `buffers could do with, ${figure(mebibytes(least))} MiB: parameters, gradients and moments, one batch, and what is live ` +
  "at the worst moment.";

/** What is missing, and why. */
const notMeasured = (failed: Readonly<Record<string, string>>): string[] => {
  const list = Object.entries(failed).map(([name, reason]) => `${name} (${reason})`);
  return list.length ? [`Not measured: ${list.join("; ")}.`] : [];
};

const runs = (t: Timing): string => `Medians of ${t.runs} interleaved runs, +- half the distance between the quartiles`;

function againstPeer(name: string, p: PeerStepFigures): string {
  const first = p.ratio_first === null ? "" : `, the first step ${figure(p.ratio_first)} times`;
  const { loss, gradient, next_loss } = p.agreement;
  const e = (v: number) => v.toExponential(1);
  return (
    `Against ${name}: the step is ${figure(p.ratio_step)} times faster, forward ${figure(p.ratio_forward)} times${first}. ` +
    `From the same weights it computes our loss within ${e(loss)}, our gradients within ${e(gradient)} of their absmax, ` +
    `our next loss within ${e(next_loss)}.`
  );
}

function memorySection(r: ResultOf<"memory">): Section {
  const row = (p: MemoryPoint): Cell[] => [
    p.checkpoint_segments,
    mebibytes(p.peak_bytes),
    100 * p.saved,
    mebibytes(p.step_bytes),
    100 * p.saved_step,
    p.step_ms,
    p.timing.spread,
    100 * p.added,
  ];
  return {
    result: r,
    title: "Memory for time",
    lines: [
      ...opening(r),
      `${networkLine(r.network)}. ${r.points[0] ? runs(r.points[0].timing) : "No point"}. \`checkpoint_segments\` of the ` +
        "network's ten segments, four VGG blocks and six stages, are run again in backward, so that their activations need " +
        "not be kept. Peak: all GPU buffers, with parameters, gradients and moments. Step: activations, their gradients " +
        "and workspaces alone.",
    ],
    tables: [
      {
        title: "By segments run again",
        head: ["segments", "peak MiB", "saved %", "step MiB", "saved %", "step ms", "+-", "added %"],
        rows: r.points.map(row),
      },
    ],
  };
}

function kernelsSection(r: ResultOf<"kernels">): Section {
  const peers = Object.keys(Object.assign({}, ...r.layers.map((l) => l.peers)));
  const row = (l: LayerFigures): Cell[] => [
    `${l.op} ${l.name} ${l.pass}`,
    l.layers,
    l.ms,
    l.timing.spread,
    l.gflops,
    l.gbs,
    100 * l.share,
    l.bound,
    ...[...peers, ...without(r)].flatMap((name): Cell[] => [l.peers[name]?.ms ?? null, l.peers[name]?.ratio ?? null]),
  ];
  const slower = peers.map((name) => {
    const compared = r.layers.filter((l) => l.peers[name]);
    const lost = compared.filter((l) => l.peers[name].ratio < 1);
    const ratios = compared.map((l) => l.peers[name].ratio);
    const mean = Math.exp(ratios.reduce((sum, v) => sum + Math.log(v), 0) / ratios.length);
    const which = lost.length ? `: ${lost.map((l) => `${l.op} ${l.name} ${l.pass}`).join(", ")}` : "";
    return (
      `Against ${name}: ${compared.length} computations, each result checked equal first; ` +
      `${figure(mean)} times faster in the geometric mean, slower in ${lost.length}${which}.`
    );
  });
  const refused = r.layers.flatMap((l) =>
    Object.entries(l.refused).map(([name, reason]) => `${name} in ${l.op} ${l.name} ${l.pass} (${reason})`),
  );
  const missing = r.cases - r.layers.length - Object.keys(r.failed).length;
  return {
    result: r,
    title: `Kernels at width ${r.network.width}, ${r.network.image_size} px, batch ${r.network.batch_size}`,
    lines: [
      ...opening(r),
      `Every distinct computation of ${networkLine(r.network)}. ${r.layers[0] ? runs(r.layers[0].timing) : "No layer"}, ` +
        "of fewer where a contender is slow; a gradient includes whatever a step shares between gradients (padding, packing). GFLOP/s count the formula's " +
        "FLOPs, GB/s the inputs and outputs once. The share is of the nearer limit, compute or memory, and can exceed 100% " +
        "where all data stays in a cache.",
      `Limits: ${figure(r.roofline.fma_gflops)} GFLOP/s, ${figure(bandwidth(r))} GB/s.`,
      ...slower,
      ...notMeasured({ ...r.absent, ...r.failed }),
      ...(missing > 0 ? [`Cut short: ${missing} of ${r.cases} computations are missing.`] : []),
      ...(refused.length
        ? [`Not timed: ${refused.join("; ")}. Our own results agree with the formula in float64.`]
        : []),
    ],
    tables: [
      {
        title: "Computations",
        head: [
          "computation",
          "layers",
          "ms",
          "+-",
          "GFLOP/s",
          "GB/s",
          "share %",
          "bound",
          ...[...peers, ...without(r)].flatMap((name) => [`${name} ms`, "ratio"]),
        ],
        rows: r.layers.map(row),
      },
    ],
  };
}

/** The bandwidth that shares are taken of. */
export const bandwidth = ({ roofline }: KernelsResult): number =>
  Math.max(roofline.load_vec4_gbs, roofline.load_scalar_gbs);

function rooflineSection(r: ResultOf<"roofline">): Section {
  return {
    result: r,
    title: "The adapter's limits",
    lines: [...opening(r), "The best of several runs of small probes (kernels/probe_*.wgsl)."],
    tables: [
      {
        title: "Limits",
        head: ["limit", "measured", "unit"],
        rows: [
          ["multiply-adds in registers", r.fma_gflops, "GFLOP/s"],
          ["storage reads by vec4, beyond caches", r.load_vec4_gbs, "GB/s"],
          ["storage reads by scalar, beyond caches", r.load_scalar_gbs, "GB/s"],
          ["vec4 loads from 32 KiB", r.cached_vec4_gloads, "G/s"],
          ["scalar loads from 32 KiB", r.cached_scalar_gloads, "G/s"],
          ["workgroup memory reads by vec4", r.shared_gbs, "GB/s"],
          ["one more dispatch", r.dispatch_us, "us"],
          ["one more submit", r.submit_us, "us"],
          ["waiting for an empty queue", r.fence_us, "us"],
        ],
      },
    ],
  };
}

function sweepSection(r: ResultOf<"sweep">): Section {
  const named = { batch: "batch", size: "pixels", width: "width squared" };
  const exponents = r.axes
    .filter((a) => a.step && a.forward && a.memory)
    .map((a): Cell[] => [named[a.axis], a.step!.exponent, a.forward!.exponent, a.memory!.exponent, a.step!.fit]);
  return {
    result: r,
    title: "How cost grows",
    lines: [
      ...opening(r),
      `One setting at a time changes, starting from ${networkLine(r.network)}; exponents by least squares on logarithms. ` +
        "Exponent 1: twice the work takes twice the time.",
      ...notMeasured(r.failed),
    ],
    tables: [
      {
        title: "Exponents",
        head: ["against", "step time", "forward time", "peak memory", "R squared of the step's"],
        rows: exponents,
      },
      ...r.axes.map((a) => ({
        title: `By ${a.axis}`,
        head: [a.unit, "step ms", "forward ms", "peak MiB"],
        rows: a.points.map((p): Cell[] => [p.value, p.step_ms, p.forward_ms, mebibytes(p.peak_bytes)]),
      })),
    ],
  };
}
