import { MismatchError } from "../bench/check";
import { FIRST_STEP, type FirstStepContender, firstStep } from "../bench/first-step";
import { benchConfig, STEP_SETS } from "../bench/problem";
import { stepText } from "../bench/report/text";
import { benchStep } from "../bench/step";
import { openGpu } from "../engine/adapters/node";
import { UserError } from "../engine/errors";
import type { Gpu } from "../engine/gpu";
import { writeFileAtomic } from "../model/files";

export interface BenchOptions {
  adapter?: string;
  config: string;
  set: string[];
  peer?: string;
  json?: string;
  html?: string;
  steps?: string;
  first?: boolean;
}

/** `nsrm bench step` */
export async function benchStepCommand(options: BenchOptions): Promise<void> {
  const config = benchConfig(options.config, STEP_SETS, options.set);
  const peers = peersOf(options.peer ?? "tfjs", ["tfjs"] as const, "step");
  await withBenchGpu(options, async (gpu) => {
    const result = await benchStep({
      gpu,
      config,
      peers,
      rounds: countOf("--steps", options.steps, 7),
      first: options.first === false ? null : (contender) => childCommand(gpu, options, contender),
      note: progress(options),
    });
    await deliver(options, result, () => stepText(result));
  });
}

/** A first step in this process; run by `bench step` in a child of its own. */
export async function firstStepCommand(contender: string, options: BenchOptions): Promise<void> {
  if (!FIRST_STEP.includes(contender as FirstStepContender)) {
    throw new UserError(`bench first-step ${contender}: expected ${FIRST_STEP.join(" or ")}`);
  }
  const config = benchConfig(options.config, STEP_SETS, options.set);
  const first_ms = await firstStep(contender as FirstStepContender, config, options.adapter);
  console.log(JSON.stringify({ first_ms }));
}

const childCommand = (gpu: Gpu, { config, set }: BenchOptions, contender: FirstStepContender) =>
  [
    process.execPath,
    process.argv[1],
    ...["--adapter", gpu.adapter.kind, "bench", "first-step", contender, "--config", config],
    ...set.flatMap((s) => ["--set", s]),
  ] as const;

/** Opens the device, and turns a peer that computes other numbers into one line and exit code 1. */
async function withBenchGpu(options: BenchOptions, body: (gpu: Gpu) => Promise<void>): Promise<void> {
  // Quantized timestamps come in steps of 65.5 us, longer than most dispatches.
  const gpu = await openGpu({ adapter: options.adapter, flags: ["disable-dawn-features=timestamp_quantization"] });
  try {
    await body(gpu);
  } catch (error) {
    if (!(error instanceof MismatchError)) throw error;
    console.error(`nsrm: ${error.message}`);
    process.exitCode = 1;
  } finally {
    await gpu.close();
  }
}

/** Prints what a benchmark found, and writes the files asked for. `--json -` prints JSON and nothing else. */
async function deliver(options: BenchOptions, result: unknown, text: () => string): Promise<void> {
  const json = `${JSON.stringify(result, null, 2)}\n`;
  if (options.json === "-") process.stdout.write(json);
  else console.log(text());
  if (options.json !== undefined && options.json !== "-") await writeFileAtomic(options.json, json);
}

/** Says on stderr what is being done, where someone watches. */
const progress =
  (options: BenchOptions) =>
  (line: string): void => {
    if (process.stderr.isTTY && options.json !== "-") console.error(`  ${line}`);
  };

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
