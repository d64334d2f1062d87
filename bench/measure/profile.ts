import { BufferUsage } from "../../engine/device/index";
import type { Gpu } from "../../engine/index";

/** GPU time of one kernel in a step, over all its dispatches. */
export interface KernelTime {
  name: string;
  ms: number;
  dispatches: number;
}

export type Phase = "forward" | "backward" | "optimizer";

/** Where a step's time goes, from timestamp queries around every dispatch. */
export interface StepProfile {
  /** Sum over all dispatches: what the GPU was busy for. */
  gpu_ms: number;
  phases: Record<Phase, number>;
  /** Dearest first. */
  kernels: KernelTime[];
  dispatches: number;
}

/** A query set holds two timestamps a dispatch; 4096 queries is WebGPU's limit. */
const DISPATCHES_PER_SET = 2048;
/** Kernels of engine/optim/adam.ts. */
const OPTIMIZER = new Set(["gradient_partials", "gradient_control", "adam"]);

interface Recorded {
  kernel: string;
  phase: Phase;
}

/**
 * Runs `step` with a compute pass of its own for every dispatch, timed by the GPU. Slower than the real step, but the
 * shares are right. Open the device with `timestamp_quantization` off, or times come in steps of 65.5 us.
 * @returns null where the adapter has no timestamp queries
 */
export async function profileStep(gpu: Gpu, step: () => void): Promise<StepProfile | null> {
  if (!gpu.adapter.timestamps) return null;
  const sets: GPUQuerySet[] = [];
  const recorded: Recorded[] = [];
  gpu.commands.observer = ({ label, backward }) => {
    const slot = recorded.length % DISPATCHES_PER_SET;
    if (slot === 0) sets.push(gpu.device.createQuerySet({ type: "timestamp", count: 2 * DISPATCHES_PER_SET }));
    const kernel = label.split(" ")[0];
    const phase = OPTIMIZER.has(kernel) ? "optimizer" : backward ? "backward" : "forward";
    recorded.push({ kernel, phase });
    return {
      querySet: sets[sets.length - 1],
      beginningOfPassWriteIndex: 2 * slot,
      endOfPassWriteIndex: 2 * slot + 1,
    };
  };
  try {
    step();
  } finally {
    gpu.commands.observer = null;
  }
  const times: number[] = [];
  for (const [i, set] of sets.entries()) {
    const count = Math.min(DISPATCHES_PER_SET, recorded.length - i * DISPATCHES_PER_SET);
    times.push(...(await readTimes(gpu, set, count)));
    set.destroy();
  }
  return summariseProfile(recorded.map((r, i) => ({ ...r, ms: times[i] })));
}

/** Milliseconds between each pair of timestamps. */
async function readTimes(gpu: Gpu, set: GPUQuerySet, pairs: number): Promise<number[]> {
  const bytes = pairs * 16;
  const resolved = gpu.device.createBuffer({ size: bytes, usage: BufferUsage.QUERY_RESOLVE | BufferUsage.COPY_SRC });
  const staging = gpu.device.createBuffer({ size: bytes, usage: BufferUsage.MAP_READ | BufferUsage.COPY_DST });
  gpu.commands.resolve(set, 2 * pairs, resolved);
  gpu.commands.copy(resolved, 0, staging, 0, bytes);
  const stamps = new BigUint64Array(await gpu.commands.map(staging, bytes));
  resolved.destroy();
  staging.destroy();
  return Array.from({ length: pairs }, (_, i) => Number(stamps[2 * i + 1] - stamps[2 * i]) / 1e6);
}

/** Adds up dispatches by phase and by kernel. */
export function summariseProfile(dispatches: readonly (Recorded & { ms: number })[]): StepProfile {
  const phases: Record<Phase, number> = { forward: 0, backward: 0, optimizer: 0 };
  const kernels = new Map<string, KernelTime>();
  for (const { kernel, phase, ms } of dispatches) {
    phases[phase] += ms;
    const entry = kernels.get(kernel) ?? { name: kernel, ms: 0, dispatches: 0 };
    entry.ms += ms;
    entry.dispatches++;
    kernels.set(kernel, entry);
  }
  return {
    gpu_ms: phases.forward + phases.backward + phases.optimizer,
    phases,
    kernels: [...kernels.values()].sort((a, b) => b.ms - a.ms),
    dispatches: dispatches.length,
  };
}
