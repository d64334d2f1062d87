import { benchKernels, chooseLayers, LAYER_SETS, layerCases } from "../bench/kernels/index";
import { benchConfig, benchRoofline } from "../bench/measure/index";
import { type ListedPeer, PEERS } from "../bench/peers/index";
import { type AnyResult, type Results, resultsMarkdown, resultsPage, resultsText } from "../bench/report/index";
import {
  benchMemory,
  benchStep,
  benchSweep,
  FIRST_STEP,
  firstStep,
  SEGMENTS,
  STEP_SETS,
  SWEEP_AXES,
  type SweepAxes,
} from "../bench/step/index";
import { UserError, withCleanup } from "../engine/errors/index";
import type { Gpu } from "../engine/index";
import { parseJson, readText, writeFileAtomic } from "../model/files/node";
import { useTuning } from "../train/files/node";
import { oneOf, wholeNumberFrom } from "./arguments";
import { experimentFile } from "./experiment-file";
import { openAdapter } from "./gpu";
import { expectPlace } from "./paths";

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
  segments?: string;
  batches?: string;
  sizes?: string;
  widths?: string;
}

const DEFAULT_CONFIG = "configs/LPM_G1.json";

/** What a verb calls with all its figures so far, so that they outlive a crash. */
type Keep = (sofar: Unnamed) => Promise<void>;
/** A result before it is given the command that makes it. */
type Unnamed = AnyResult extends infer R ? (R extends AnyResult ? Omit<R, "command"> : never) : never;

/** The verbs that measure. Options are read, and refused, before a device is opened. */
const VERBS = {
  step(options: BenchOptions) {
    const config = benchConfig(experimentFile(options.config), STEP_SETS, options.set);
    const mixed = config.precision === "mixed";
    const peers = peersOf("step", options.peer, mixed ? [] : PEERS);
    if (mixed && peers.length > 0) {
      throw new UserError(`--peer ${options.peer}: computes in float32 alone; with precision=mixed expected none`);
    }
    const rounds = countOf("--steps", options.steps, 7);
    return (gpu: Gpu) => {
      const first = (contender: string) => childCommand(gpu, options, contender);
      return benchStep({ gpu, config, peers, rounds, first: options.first === false ? null : first, note });
    };
  },
  memory(options: BenchOptions) {
    const config = benchConfig(experimentFile(options.config), STEP_SETS, options.set);
    const segments = numbersOf("--segments", options.segments, SEGMENTS, 0);
    if (segments.length === 0 || segments.some((n) => !SEGMENTS.includes(n))) {
      throw new UserError(`--segments ${options.segments}: expected whole numbers from 0 to ${SEGMENTS.at(-1)}`);
    }
    const rounds = countOf("--steps", options.steps, 7);
    return (gpu: Gpu) => benchMemory({ gpu, config, segments, rounds, note });
  },
  roofline: () => benchRoofline,
  kernels(options: BenchOptions) {
    const config = benchConfig(experimentFile(options.config), LAYER_SETS, options.set);
    const peers = peersOf("kernels", options.peer, []);
    const rounds = countOf("--steps", options.steps, 3);
    const layers = options.layers ?? "all";
    if (chooseLayers(layerCases(config), layers).length === 0) {
      throw new UserError(`--layers ${layers}: expected all or part of a name as bench kernels lists them`);
    }
    return (gpu: Gpu, keep: Keep) => benchKernels({ gpu, config, layers, peers, rounds, note, keep });
  },
  sweep(options: BenchOptions) {
    const config = benchConfig(experimentFile(options.config), STEP_SETS, options.set);
    const axes = axesOf(options);
    const rounds = countOf("--steps", options.steps, 3);
    return (gpu: Gpu, keep: Keep) => benchSweep({ gpu, config, axes, rounds, note, keep });
  },
} as const;

export type Verb = keyof typeof VERBS;

/** `nsrm bench step|memory|roofline|kernels|sweep`. Exit code 1 where something could not be measured. */
export async function benchCommand(verb: Verb, options: BenchOptions): Promise<void> {
  await expectPlace("--json", options.json === "-" ? undefined : options.json);
  await expectPlace("--html", options.html);
  const result = await measure(verb, options);
  const results: Results = [result];
  if (options.json === "-") process.stdout.write(jsonOf(result));
  else console.log(resultsText(results));
  if (options.json !== undefined && options.json !== "-") await writeFileAtomic(options.json, jsonOf(result));
  if (options.html !== undefined) await writeFileAtomic(options.html, resultsPage(results));
  for (const [what, reason] of missing(result)) {
    console.error(`nsrm: ${what}: ${reason}`);
    process.exitCode = 1;
  }
}

const jsonOf = (result: AnyResult): string => `${JSON.stringify(result, null, 1)}\n`;

/** What could not be measured, and why. */
function missing(result: AnyResult): [what: string, reason: string][] {
  if (result.kind === "step") return Object.entries(result.refused);
  if (result.kind === "kernels") return Object.entries({ ...result.absent, ...result.failed });
  return result.kind === "sweep" ? Object.entries(result.failed) : [];
}

/** `nsrm bench report FILE...`: one report from what `--json` and `bench all` have written. */
export async function benchReportCommand(files: string[], options: BenchOptions): Promise<void> {
  const results = readResults(files);
  for (const name of ["html", "md"] as const) await expectPlace(`--${name}`, options[name], files);
  if (options.html !== undefined) await writeFileAtomic(options.html, resultsPage(results));
  if (options.md !== undefined) await writeFileAtomic(options.md, resultsMarkdown(results));
  if (options.html === undefined && options.md === undefined) console.log(resultsText(results));
}

/** @throws UserError naming a file that holds no figures */
export function readResults(files: readonly string[]): AnyResult[] {
  return files.flatMap((file) => {
    const read = parseJson(readText(file, "figures written by nsrm bench"), file) as AnyResult | Results;
    const list = [read].flat() as AnyResult[];
    if (list.every((r) => r?.kind in VERBS)) return list;
    throw new UserError(`${file}: expected figures written by nsrm bench --json or nsrm bench all`);
  });
}

/** A first step in this process; run by `bench step` in a child of its own. */
export async function firstStepCommand(contender: string, options: BenchOptions): Promise<void> {
  oneOf("bench first-step", contender, FIRST_STEP);
  const config = benchConfig(experimentFile(options.config), STEP_SETS, options.set);
  console.log(JSON.stringify(await firstStep(contender, config, options.adapter)));
}

const childCommand = (gpu: Gpu, { config, set }: BenchOptions, contender: string) =>
  [
    process.execPath,
    process.argv[1],
    ...["--adapter", gpu.adapter.kind, "bench", "first-step", contender, "--config", config],
    ...set.flatMap((s) => ["--set", s]),
  ] as const;

/** Opens a device for one verb, its kernels chosen as in training. */
async function measure(verb: Verb, options: BenchOptions): Promise<AnyResult> {
  const run = VERBS[verb](options);
  const named = (result: Unnamed): AnyResult => ({ ...result, command: commandOf(verb, options) });
  // Quantized timestamps come in steps of 65.5 us, longer than most dispatches.
  const gpu = await openAdapter({ adapter: options.adapter, flags: ["disable-dawn-features=timestamp_quantization"] });
  const body = async () => {
    const ignored = useTuning(gpu);
    if (ignored) note(ignored);
    return named(
      await run(gpu, async (sofar) => {
        if (options.json !== undefined && options.json !== "-")
          await writeFileAtomic(options.json, jsonOf(named(sofar)));
      }),
    );
  };
  return withCleanup(body, () => gpu.close());
}

/** What a reader types to measure the same again. */
function commandOf(verb: Verb, options: BenchOptions): string {
  const { config, peer, layers, segments, steps, batches, sizes, widths } = options;
  const changed = config === DEFAULT_CONFIG ? undefined : config;
  const given = { config: changed, peer, layers, segments, steps, batches, sizes, widths };
  const quote = (text: string) => (/[\s'"]/.test(text) ? `'${text}'` : text);
  const flags = Object.entries(given).flatMap(([name, value]) => (value ? [`--${name} ${quote(value)}`] : []));
  if (options.first === false) flags.push("--no-first");
  return ["npx nsrm bench", verb, ...flags, ...options.set.map((s) => `--set ${quote(s)}`)].join(" ");
}

/** Says what is being done. */
const note = (line: string): void => console.error(`  ${line}`);

function peersOf(verb: string, text: string | undefined, otherwise: readonly ListedPeer[]): readonly ListedPeer[] {
  if (text === undefined) return otherwise;
  if (text === "none") return [];
  return text.split(",").map((name) => {
    const peer = PEERS.find((p) => p.name === name.trim());
    if (peer) return peer;
    throw new UserError(`--peer ${text}: bench ${verb} expects none or any of ${PEERS.map((p) => p.name).join(", ")}`);
  });
}

function countOf(option: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  return wholeNumberFrom(option, text, 1);
}

const axesOf = ({ batches, sizes, widths }: BenchOptions): SweepAxes => ({
  batch: numbersOf("--batches", batches, SWEEP_AXES.batch),
  size: numbersOf("--sizes", sizes, SWEEP_AXES.size),
  width: numbersOf("--widths", widths, SWEEP_AXES.width),
});

function numbersOf(
  option: string,
  text: string | undefined,
  otherwise: readonly number[],
  least = Number.MIN_VALUE,
): readonly number[] {
  if (text === undefined) return otherwise;
  if (text === "none") return [];
  return text.split(",").map((part) => {
    const value = Number(part);
    if (part.trim() !== "" && value >= least && Number.isFinite(value)) return value;
    throw new UserError(`${option} ${text}: expected none or numbers, e.g. 1,2,4`);
  });
}
