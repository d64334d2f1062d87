import type { Gpu } from "../../engine/index";
import type { Config } from "../../train/config/index";
import { openOurStep } from "../contenders/index";
import type { Problem } from "../contract/index";
import { type Conditions, conditions, interleave, type Timing } from "../measure/index";
import { makeProblem } from "./problem";

/** A training step with so many of the network's ten segments run again in backward. */
export interface MemoryPoint {
  checkpoint_segments: number;
  /** Bytes of GPU buffers at most alive at a time. */
  peak_bytes: number;
  /** Of these the step's own: activations, their gradients, workspaces. */
  step_bytes: number;
  step_ms: number;
  timing: Timing;
  /** Shares saved of the two, and of time added. */
  saved: number;
  saved_step: number;
  added: number;
}

export interface MemoryResult extends Conditions {
  kind: "memory";
  network: { model: string; width: number; image_size: number; batch_size: number };
  points: MemoryPoint[];
}

export interface MemoryOptions {
  gpu: Gpu;
  config: Config;
  /** Values of checkpoint_segments; saved and added are relative to the first. */
  segments: readonly number[];
  rounds: number;
  note?: (line: string) => void;
}

/** From none to all: four VGG blocks, then six stages. */
export const SEGMENTS: readonly number[] = Array.from({ length: 11 }, (_, n) => n);

/** What checkpoint_segments saves of memory and adds of time, against the first of the numbers. */
export async function benchMemory({ gpu, config, segments, rounds, note = () => {} }: MemoryOptions) {
  const { model, width, image_size, batch_size } = config;
  const problem = await makeProblem(gpu, config);
  const problems = segments.map((n) => ({ ...problem, config: { ...config, replay: true, checkpoint_segments: n } }));
  const sizes: Awaited<ReturnType<typeof measureBytes>>[] = [];
  for (const each of problems) {
    note(`memory with ${each.config.checkpoint_segments} segments`);
    sizes.push(await measureBytes(gpu, each));
  }
  note(`timing ${rounds} rounds`);
  const timings = await measureTimes(gpu, problems, rounds);
  const result: MemoryResult = {
    kind: "memory",
    ...conditions(gpu),
    network: { model, width, image_size, batch_size },
    points: timings.map((timing, i) => ({
      checkpoint_segments: segments[i],
      ...sizes[i],
      step_ms: timing.median,
      timing,
      saved: 1 - sizes[i].peak_bytes / sizes[0].peak_bytes,
      saved_step: 1 - sizes[i].step_bytes / sizes[0].step_bytes,
      added: timing.median / timings[0].median - 1,
    })),
  };
  return result;
}

/** Alone on the device, so that no other's buffers serve. */
async function measureBytes(gpu: Gpu, problem: Problem): Promise<{ peak_bytes: number; step_bytes: number }> {
  const ours = openOurStep(gpu, problem);
  try {
    await ours.step();
    await ours.step();
    return { peak_bytes: ours.peakBytes(), step_bytes: ours.memory()!.step };
  } finally {
    await ours.close();
    gpu.trim();
  }
}

/** All in turns. Their buffers come from one pool, so together they need little more than the largest. */
async function measureTimes(gpu: Gpu, problems: readonly Problem[], rounds: number): Promise<Timing[]> {
  const all = problems.map((problem) => openOurStep(gpu, problem));
  try {
    return await interleave(
      all.map((ours) => () => ours.step()),
      rounds,
    );
  } finally {
    for (const ours of all.reverse()) await ours.close(); // each has wrapped the device's createBuffer (BufferMeter)
    gpu.trim();
  }
}
