import { UserError } from "../../engine/errors";
import type { Gpu } from "../../engine/gpu";
import type { SafetensorsFile } from "../../model/safetensors";
import type { Widths } from "../../model/widths";
import { type Config, resolveConfig } from "../config";
import { Learner, type LearnerBatch } from "../learner";
import type { LossRecord, LossSettings } from "../losses";
import { type Check, check, relative } from "./report";

/** The original's losses by step; fixtures may hold the total alone. */
export type FixtureLoss = Partial<LossRecord> & { step: number; total: number };

/** A fixture's experiment rebuilt: its learner, its batch, and what its metadata says. */
export interface Fixture {
  file: SafetensorsFile;
  config: Config;
  learner: Learner;
  settings: LossSettings;
  batch: () => LearnerBatch;
  losses: FixtureLoss[];
  /** The same in float64, where the fixture has it: their distance is float32's own. */
  losses64: FixtureLoss[];
}

/** Rebuilds the experiment of a model or trajectory fixture on the GPU. */
export function openFixture(gpu: Gpu, file: SafetensorsFile): Fixture {
  const json = (key: string): unknown => {
    const text = file.metadata[key];
    if (text === undefined) throw new UserError(`${file.path}: metadata '${key}' is missing; expected JSON text`);
    try {
      return JSON.parse(text);
    } catch {
      throw new UserError(`${file.path}: metadata '${key}' is not JSON`);
    }
  };
  const { config } = resolveConfig(json("config"), `${file.path}: metadata 'config'`);
  const widths = json("widths") as Widths;
  const input = file.shape("input");
  const spec = { architecture: config.model, widths, limbChannels: config.limbc };
  const learner = new Learner(gpu, spec);
  const upload = (name: string) => gpu.tensor(file.f32(name), file.shape(name));
  return {
    file,
    config,
    learner,
    settings: { batch: input[0], limbWeight: config.weight, partWeight: config.weight_g61, norm: config.loss_norm },
    batch: () => ({
      input: upload("input"),
      targets: { heat: upload("cm_target"), limb: file.has("limb_target") ? upload("limb_target") : null },
    }),
    losses: json("losses_f32") as FixtureLoss[],
    losses64: file.metadata.losses_f64 ? (json("losses_f64") as FixtureLoss[]) : [],
  };
}

/** Loads every parameter from tensors named `prefix + name`. */
export function loadParameters({ learner, file }: Fixture, prefix: string): void {
  const { parameters } = learner.network;
  for (const { name, shape } of parameters.specs) {
    const stored = `${prefix}${name}`;
    if (!file.has(stored)) throw new UserError(`${file.path}: tensor '${stored}' is missing`);
    if (file.shape(stored).join() !== shape.join()) {
      throw new UserError(`${file.path}: tensor '${stored}' is [${file.shape(stored)}]; expected [${shape}]`);
    }
    parameters.load(name, file.f32(stored));
  }
}

/**
 * Trains from the state just loaded for as many steps as the fixture has losses and checks each. A trajectory is
 * chaotic: the limit is the largest of 1e-5, 20 times float32's own distance from float64 so far, 1e-3 from step 10 and
 * 3e-2 from step 30.
 */
export async function checkLosses(fixture: Fixture, onStep?: (step: number) => Promise<void>): Promise<Check[]> {
  const { learner, config, settings, batch, losses, losses64 } = fixture;
  const checks: Check[] = [];
  let drift = 0;
  for (const [i, want] of losses.entries()) {
    const step = i + 1;
    learner.step([batch], settings, config.learning_rate);
    const got = (await learner.outcome()).losses;
    if (losses64[i]) drift = Math.max(drift, relative(want.total, losses64[i].total));
    const limit = Math.max(1e-5, 20 * drift, step >= 10 ? 1e-3 : 0, step >= 30 ? 3e-2 : 0);
    checks.push(check(`loss ${step}`, "relative difference", relative(got.loss, want.total), limit));
    for (const part of ["cm", "limb", "g1", "g6"] as const) {
      const expected = want[part];
      if (expected)
        checks.push(check(`loss ${step} ${part}`, "relative difference", relative(got[part], expected), limit));
    }
    await onStep?.(step);
  }
  return checks;
}
