import { spawn } from "node:child_process";
import { openGpu } from "../../engine/adapters/node";
import { withCleanup } from "../../engine/errors/index";
import { type Gpu, UserError } from "../../engine/index";
import type { Config } from "../../train/config/index";
import { useTuning } from "../../train/files/node";
import { type OurStep, openOurStep, openRival, type Rival } from "../contenders/index";
import type { Problem, StepContender } from "../contract/index";
import { milliseconds } from "../measure/index";
import { type ListedPeer, OURS, PEERS } from "../peers/index";
import { makeProblem } from "./problem";

/** Who a fresh process can be asked to take a first step with. */
export const FIRST_STEP: readonly string[] = [OURS, ...PEERS.map(({ name }) => name)];

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

/**
 * Takes a contender's first steps. For a process of its own, see `firstStepCold`.
 * @throws UserError for a peer that has no training step
 */
export async function firstStep(contender: string, config: Config, adapter?: string): Promise<FirstStep> {
  const peer = PEERS.find(({ name }) => name === contender);
  const open = peer ? await openingOf(peer) : openOurs;
  const maker = await openGpu({ adapter });
  const body = async () => {
    const problem = await makeProblem(maker, config);
    let opened: Opened | null = null;
    const first_ms = await milliseconds(async () => {
      opened = await open(maker, problem);
      await opened.contender.step();
    });
    return { first_ms, ...(await measureMemory(opened!)) };
  };
  return withCleanup(body, () => maker.close());
}

type Opened = Pick<Rival<StepContender>, "contender" | "peakBytes" | "close"> & Partial<Pick<OurStep, "memory">>;
type Open = (maker: Gpu, problem: Problem) => Promise<Opened>;

async function openingOf({ name, load }: ListedPeer): Promise<Open> {
  const { version, openStep } = await load();
  if (!openStep) throw new UserError(`${name} has no training step`);
  return (maker, problem) => openRival(maker, name, version, (device) => openStep(device, problem));
}

/** On a device of our own, as peers have one. */
async function openOurs({ adapter }: Gpu, problem: Problem): Promise<Opened> {
  const gpu = await openGpu({ adapter: adapter.kind });
  useTuning(gpu);
  const contender = openOurStep(gpu, problem);
  const close = async () => {
    await contender.close();
    await gpu.close();
  };
  return { contender, peakBytes: contender.peakBytes, memory: contender.memory, close };
}

/** Two more steps, in which steps that are captured take their last shape. */
async function measureMemory({ contender, peakBytes, memory, close }: Opened) {
  await contender.step();
  await contender.step();
  const bytes = { peak_bytes: peakBytes(), least_bytes: memory?.()?.least ?? null };
  await close();
  return bytes;
}

/** How a child process is asked for `firstStep`: a program and its arguments up to the contender's name. */
export type FirstStepCommand = (contender: string) => readonly [string, ...string[]];

/** Drivers keep compiled shaders on disk; these switches make each process compile its own. */
const COLD = { MESA_SHADER_CACHE_DISABLE: "true", __GL_SHADER_DISK_CACHE: "0" };

/** `firstStep` in a fresh process without the driver's shader cache. @throws Error what the process said as it failed */
export async function firstStepCold(command: FirstStepCommand, contender: string): Promise<FirstStep> {
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
