import type { Gpu } from "../../engine/index";
import { type Config, resolveConfig } from "../../train/config/index";
import { openOurStep } from "../contenders/index";
import { type Conditions, conditions, fitPowerLaw, interleave, type PowerLaw, reasonOf } from "../measure/index";
import { makeProblem } from "./problem";

/** What grows along an axis, and the settings tried; everything else stays as configured. */
export interface SweepAxes {
  batch: readonly number[];
  /** Image sides in pixels; the cost is fitted against their squares. */
  size: readonly number[];
  /** Width factors; the cost is fitted against their squares. */
  width: readonly number[];
}

/** Small to full-size along each axis in turn, as far as a software driver gets in minutes. */
export const SWEEP_AXES: SweepAxes = {
  batch: [1, 2, 4, 8, 16],
  size: [64, 96, 128, 192, 256, 368],
  width: [0.125, 0.25, 0.5, 1],
};

export interface SweepPoint {
  /** The axis's own unit: images, pixels a side, width factor. */
  value: number;
  /** What cost is expected to be proportional to: images, pixels, width squared. */
  x: number;
  step_ms: number;
  forward_ms: number;
  peak_bytes: number;
}

export interface SweepAxis {
  axis: keyof SweepAxes;
  unit: string;
  points: SweepPoint[];
  /** Power laws in `x`; null with a single point. Exponent 1: twice the work, twice the cost. */
  step: PowerLaw | null;
  forward: PowerLaw | null;
  memory: PowerLaw | null;
}

export interface SweepResult extends Conditions {
  kind: "sweep";
  network: { model: string; width: number; image_size: number; batch_size: number };
  axes: SweepAxis[];
  /** Settings that could not be measured, and why. */
  failed: Record<string, string>;
}

export interface SweepOptions {
  gpu: Gpu;
  config: Config;
  axes: SweepAxes;
  rounds: number;
  note?: (line: string) => void;
  /** Is given all figures so far after every axis. */
  keep?: (sofar: SweepResult) => Promise<void>;
}

const AXES = {
  batch: { key: "batch_size", unit: "images", x: (v: number) => v },
  size: { key: "image_size", unit: "pixels a side", x: (v: number) => v * v },
  width: { key: "width", unit: "width", x: (v: number) => v * v },
} as const;

/**
 * How step, forward and memory grow with batch, image size and width, each alone. A setting that fails (too large for the
 * adapter) does not keep the others from being measured.
 */
export async function benchSweep({ gpu, config, axes, rounds, note = () => {}, keep }: SweepOptions) {
  const { model, width, image_size, batch_size } = config;
  const result: SweepResult = {
    kind: "sweep",
    ...conditions(gpu),
    network: { model, width, image_size, batch_size },
    axes: [],
    failed: {},
  };
  for (const axis of ["batch", "size", "width"] as const) {
    const { key, unit, x } = AXES[axis];
    const points: SweepPoint[] = [];
    for (const value of axes[axis]) {
      note(`${axis} ${value}`);
      try {
        const changed = resolveConfig({ ...config, [key]: value }, `bench sweep, ${axis} ${value}`).config;
        points.push({ value, x: x(value), ...(await measure(gpu, changed, rounds)) });
      } catch (error) {
        result.failed[`${axis} ${value}`] = reasonOf(error);
        note(`${axis} ${value}: ${reasonOf(error)}`);
      }
    }
    const law = (pick: (p: SweepPoint) => number) =>
      points.length > 1 ? fitPowerLaw(points.map((p) => ({ x: p.x, y: pick(p) }))) : null;
    result.axes.push({
      axis,
      unit,
      points,
      step: law((p) => p.step_ms),
      forward: law((p) => p.forward_ms),
      memory: law((p) => p.peak_bytes),
    });
    await keep?.(result);
  }
  return result;
}

async function measure(gpu: Gpu, config: Config, rounds: number): Promise<Omit<SweepPoint, "value" | "x">> {
  const ours = openOurStep(gpu, await makeProblem(gpu, config));
  try {
    const [step, forward] = await interleave([() => ours.step(), () => ours.forward()], rounds);
    return { step_ms: step.median, forward_ms: forward.median, peak_bytes: ours.peakBytes() };
  } finally {
    await ours.close();
    gpu.trim();
  }
}
