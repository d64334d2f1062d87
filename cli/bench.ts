import { join } from "node:path";
import { MismatchError } from "../bench/check";
import { FIRST_STEP, type FirstStepContender, firstStep } from "../bench/first-step";
import { benchKernels, KERNEL_PEERS } from "../bench/kernels";
import { chooseLayers, layerCases } from "../bench/layers";
import { benchConfig, LAYER_SETS, STEP_SETS } from "../bench/problem";
import { resultsPage } from "../bench/report/page";
import { resultsMarkdown, resultsText } from "../bench/report/render";
import type { AnyResult, Results } from "../bench/report/results";
import { benchRoofline } from "../bench/roofline";
import { benchStep } from "../bench/step";
import { benchSweep, SWEEP_AXES, type SweepAxes } from "../bench/sweep";
import { openGpu } from "../engine/adapters/node";
import { UserError } from "../engine/errors";
import type { Gpu } from "../engine/gpu";
import { writeFileAtomic } from "../model/files";
import { parseJson, readText } from "../train/json";
import { experimentFile } from "./experiment-file";

export interface BenchOptions {
  adapter?: string;
  config: string;
  set: string[];
  peer?: string;
  json?: string;
  html?: string;
  md?: string;
  steps?: string;
  first?: boolean;
  layers?: string;
  batches?: string;
  sizes?: string;
  widths?: string;
  out?: string;
}

const DEFAULT_CONFIG = "configs/LPM_G1.json";

/** The verbs that measure. Options are read, and refused, before a device is opened. */
const VERBS = {
  step(options: BenchOptions) {
    const config = benchConfig(experimentFile(options.config), STEP_SETS, options.set);
    const peers = peersOf(options.peer ?? "tfjs", ["tfjs"] as const, "step");
    const rounds = countOf("--steps", options.steps, 7);
    return (gpu: Gpu) => {
      const first = (contender: FirstStepContender) => childCommand(gpu, options, contender);
      return benchStep({ gpu, config, peers, rounds, first: options.first === false ? null : first, note });
    };
  },
  roofline: () => benchRoofline,
  kernels(options: BenchOptions) {
    const config = benchConfig(experimentFile(options.config), LAYER_SETS, options.set);
    const peers = peersOf(options.peer ?? "none", KERNEL_PEERS, "kernels");
    const rounds = countOf("--steps", options.steps, 3);
    const layers = options.layers ?? "all";
    if (chooseLayers(layerCases(config), layers).length === 0) {
      throw new UserError(`--layers ${layers}: expected all or part of a name as bench kernels lists them`);
    }
    return (gpu: Gpu) => benchKernels({ gpu, config, layers, peers, rounds, note });
  },
  sweep(options: BenchOptions) {
    const config = benchConfig(experimentFile(options.config), STEP_SETS, options.set);
    const axes = axesOf(options);
    const rounds = countOf("--steps", options.steps, 3);
    return (gpu: Gpu) => benchSweep({ gpu, config, axes, rounds, note });
  },
} as const;

export type Verb = keyof typeof VERBS;

/** `nsrm bench step|roofline|kernels|sweep` */
export async function benchCommand(verb: Verb, options: BenchOptions): Promise<void> {
  const result = await measure(verb, options);
  if (!result) return;
  const results: Results = [result];
  const json = `${JSON.stringify(result, null, 2)}\n`;
  if (options.json === "-") process.stdout.write(json);
  else console.log(resultsText(results));
  if (options.json !== undefined && options.json !== "-") await writeFileAtomic(options.json, json);
  if (options.html !== undefined) await writeFileAtomic(options.html, resultsPage(results));
}

/** `nsrm bench all`: everything, each part on a fresh device, results.json written after each. */
export async function benchAllCommand(options: BenchOptions): Promise<void> {
  const out = options.out ?? "bench";
  const results: AnyResult[] = [];
  for (const verb of ["roofline", "step", "kernels", "sweep"] as const) {
    note(verb);
    const peer = { step: "tfjs", kernels: KERNEL_PEERS.join(), roofline: undefined, sweep: undefined }[verb];
    const result = await measure(verb, { ...options, set: [], peer });
    if (!result) return;
    results.push(result);
    await writeFileAtomic(join(out, "results.json"), `${JSON.stringify(results, null, 1)}\n`);
  }
  await writeFileAtomic(join(out, "RESULTS.md"), resultsMarkdown(results));
  await writeFileAtomic(join(out, "report.html"), resultsPage(results));
  console.log(resultsText(results));
}

/** `nsrm bench report FILE...`: one report from what `--json` and `bench all` have written. */
export async function benchReportCommand(files: string[], options: BenchOptions): Promise<void> {
  const results: AnyResult[] = [];
  for (const file of files) {
    const read = parseJson(readText(file, "figures written by nsrm bench"), file) as AnyResult | Results;
    const list = [read].flat() as AnyResult[];
    if (list.every((r) => r.kind in VERBS)) results.push(...list);
    else throw new UserError(`${file}: expected figures written by nsrm bench --json or nsrm bench all`);
  }
  if (options.html !== undefined) await writeFileAtomic(options.html, resultsPage(results));
  if (options.md !== undefined) await writeFileAtomic(options.md, resultsMarkdown(results));
  if (options.html === undefined && options.md === undefined) console.log(resultsText(results));
}

/** A first step in this process; run by `bench step` in a child of its own. */
export async function firstStepCommand(contender: string, options: BenchOptions): Promise<void> {
  if (!FIRST_STEP.includes(contender as FirstStepContender)) {
    throw new UserError(`bench first-step ${contender}: expected ${FIRST_STEP.join(" or ")}`);
  }
  const config = benchConfig(experimentFile(options.config), STEP_SETS, options.set);
  console.log(JSON.stringify(await firstStep(contender as FirstStepContender, config, options.adapter)));
}

const childCommand = (gpu: Gpu, { config, set }: BenchOptions, contender: FirstStepContender) =>
  [
    process.execPath,
    process.argv[1],
    ...["--adapter", gpu.adapter.kind, "bench", "first-step", contender, "--config", config],
    ...set.flatMap((s) => ["--set", s]),
  ] as const;

/** Opens a device for one verb. A peer that computes other numbers becomes one line and exit code 1, and null. */
async function measure(verb: Verb, options: BenchOptions): Promise<AnyResult | null> {
  const run = VERBS[verb](options);
  // Quantized timestamps come in steps of 65.5 us, longer than most dispatches.
  const gpu = await openGpu({ adapter: options.adapter, flags: ["disable-dawn-features=timestamp_quantization"] });
  try {
    const result = await run(gpu);
    return { ...result, command: commandOf(verb, options) } as AnyResult;
  } catch (error) {
    if (!(error instanceof MismatchError)) throw error;
    console.error(`nsrm: ${error.message}`);
    process.exitCode = 1;
    return null;
  } finally {
    await gpu.close();
  }
}

/** What a reader types to measure the same again. */
function commandOf(verb: Verb, options: BenchOptions): string {
  const { config, peer, layers, steps, batches, sizes, widths } = options;
  const given = { config: config === DEFAULT_CONFIG ? undefined : config, peer, layers, steps, batches, sizes, widths };
  const quote = (text: string) => (/[\s'"]/.test(text) ? `'${text}'` : text);
  const flags = Object.entries(given).flatMap(([name, value]) => (value ? [`--${name} ${quote(value)}`] : []));
  if (options.first === false) flags.push("--no-first");
  return ["npx nsrm bench", verb, ...flags, ...options.set.map((s) => `--set ${quote(s)}`)].join(" ");
}

/** Says what is being done, where someone watches. */
function note(line: string): void {
  if (process.stderr.isTTY) console.error(`  ${line}`);
}

function peersOf<P extends string>(text: string, known: readonly P[], verb: string): P[] {
  if (text === "none") return [];
  return text.split(",").map((name) => {
    const peer = known.find((p) => p === name.trim());
    if (!peer) throw new UserError(`--peer ${text}: bench ${verb} expects none or any of ${known.join(", ")}`);
    return peer;
  });
}

function countOf(option: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  if (!/^[1-9]\d*$/.test(text)) throw new UserError(`${option} ${text}: expected a positive whole number`);
  return Number(text);
}

const axesOf = ({ batches, sizes, widths }: BenchOptions): SweepAxes => ({
  batch: numbersOf("--batches", batches, SWEEP_AXES.batch),
  size: numbersOf("--sizes", sizes, SWEEP_AXES.size),
  width: numbersOf("--widths", widths, SWEEP_AXES.width),
});

function numbersOf(option: string, text: string | undefined, otherwise: readonly number[]): readonly number[] {
  if (text === undefined) return otherwise;
  if (text === "none") return [];
  return text.split(",").map((part) => {
    const value = Number(part);
    if (!(value > 0)) throw new UserError(`${option} ${text}: expected none or positive numbers, e.g. 1,2,4`);
    return value;
  });
}
