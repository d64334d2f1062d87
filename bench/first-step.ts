import { spawn } from "node:child_process";
import { openGpu } from "../engine/adapters/node";
import type { Config } from "../train/config/resolve";
import { useTuning } from "../train/files/tuning";
import { ourVersion } from "./conditions";
import { openOurs } from "./ours";
import { loadTfjs } from "./peers/load";
import { makeProblem } from "./problem";
import { milliseconds } from "./statistics";

/** Who a fresh process can be asked to take a first step with. */
export const FIRST_STEP = ["nsrm", "tfjs"] as const;
export type FirstStepContender = (typeof FIRST_STEP)[number];

export interface FirstStep {
  /**
   * Time from a loaded program to the loss of the first training step: opening the device, compiling every pipeline,
   * uploading, computing.
   */
  first_ms: number;
  /** Bytes of GPU buffers at most alive at a time in this step and two more, when nothing else is done. */
  peak_bytes: number;
  /** The least that a step could do with, see StepMemory. */
  least_bytes: number | null;
}

/** Takes a contender's first steps. For a process of its own, see `firstStepCold`. */
export async function firstStep(contender: FirstStepContender, config: Config, adapter?: string): Promise<FirstStep> {
  const maker = await openGpu({ adapter });
  const problem = await makeProblem(maker, config);
  const { openTfjsStep } = contender === "tfjs" ? await loadTfjs() : { openTfjsStep: null };
  const open = openTfjsStep
    ? async () => ({ peer: await openTfjsStep(maker, problem), gpu: null })
    : async () => {
        const gpu = await openGpu({ adapter: maker.adapter.kind });
        useTuning(gpu);
        return { peer: openOurs(gpu, problem, ourVersion), gpu };
      };
  let opened: Awaited<ReturnType<typeof open>> | null = null;
  const first_ms = await milliseconds(async () => {
    opened = await open();
    await opened.peer.step();
  });
  const { peer, gpu } = opened!;
  await peer.step();
  await peer.step();
  const [peak_bytes, least_bytes] = [peer.peakBytes(), peer.memory()?.least ?? null];
  await peer.close();
  await gpu?.close();
  await maker.close();
  return { first_ms, peak_bytes, least_bytes };
}

/** How a child process is asked for `firstStep`: a program and its arguments up to the contender's name. */
export type FirstStepCommand = (contender: FirstStepContender) => readonly [string, ...string[]];

/** Drivers keep compiled shaders on disk; these switches make each process compile its own. */
const COLD = { MESA_SHADER_CACHE_DISABLE: "true", __GL_SHADER_DISK_CACHE: "0" };

/** `firstStep` in a fresh process without the driver's shader cache. @throws Error what the process said as it failed */
export async function firstStepCold(command: FirstStepCommand, contender: FirstStepContender): Promise<FirstStep> {
  const [program, ...args] = command(contender);
  const child = spawn(program, args, { env: { ...process.env, ...COLD }, stdio: ["ignore", "pipe", "pipe"] });
  let out = "";
  let errors = "";
  child.stdout.on("data", (text) => (out += text));
  child.stderr.on("data", (text) => (errors += text));
  const code = await new Promise((resolve, reject) => child.once("error", reject).once("close", resolve));
  if (code !== 0) throw new Error(`the first step of ${contender} failed (exit code ${code}): ${errors.trim()}`);
  return JSON.parse(out) as FirstStep;
}
