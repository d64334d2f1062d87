import { z } from "zod";
import { type Gpu, UserError } from "../../engine/index";
import type { SafetensorsFile } from "../../model/files/node";
import { parseJson } from "../../model/files/node";
import { STRIDE, type Widths } from "../../model/network/index";
import { type Config, resolveConfig, skeletonOf } from "../config/index";
import { cellsOf } from "../pose/index";
import { Learner, type LossRecord, type LossSettings, type MicroBatch } from "../step/index";
import { type Check, check, relative } from "./report";

/** The original's losses by step; fixtures may hold the total alone. */
export type FixtureLoss = Partial<LossRecord> & { total: number };

/** A fixture's experiment rebuilt: its learner, its batch, and what its metadata says. */
export interface Fixture {
  file: SafetensorsFile;
  config: Config;
  learner: Learner;
  settings: LossSettings;
  batch: MicroBatch;
  losses: FixtureLoss[];
  /** The same in float64, where the fixture has it: their distance is float32's own. */
  losses64: FixtureLoss[];
}

const channels = z.number().int().min(1);
const widthsSchema: z.ZodType<Widths> = z.object({
  vgg: z.tuple([channels, channels, channels, channels]),
  feat: channels,
  stage: channels,
  hid: channels,
});
const part = z.number().optional();
const lossesSchema: z.ZodType<FixtureLoss[]> = z.array(
  z.object({ total: z.number(), loss: part, cm: part, limb: part, g1: part, g6: part }),
);

/** A JSON value of the file's metadata. @throws UserError saying what was expected */
function metadata<T>(file: SafetensorsFile, key: string, schema: z.ZodType<T>, expected: string): T {
  const text = file.metadata[key];
  if (text === undefined) throw new UserError(`${file.path}: metadata '${key}' is missing; expected ${expected}`);
  const result = schema.safeParse(parseJson(text, `${file.path}: metadata '${key}'`));
  if (!result.success) throw new UserError(`${file.path}: metadata '${key}': expected ${expected}`);
  return result.data;
}

/** @throws UserError where the file has no such tensor, or one of another shape */
export function expectShape(file: SafetensorsFile, name: string, wanted: readonly number[]): void {
  const got = file.shape(name);
  if (got.join() !== wanted.join()) {
    throw new UserError(`${file.path}: tensor '${name}' is [${got.join(", ")}]; expected [${wanted.join(", ")}]`);
  }
}

/** Rebuilds the experiment of a model or trajectory fixture on the GPU. @throws UserError for what is missing or odd */
export function openFixture(gpu: Gpu, file: SafetensorsFile): Fixture {
  const raw = metadata(file, "config", z.unknown(), "an experiment's configuration in JSON");
  const { config } = resolveConfig(raw, `${file.path}: metadata 'config'`);
  const widths = metadata(file, "widths", widthsSchema, "{vgg: [4 channel counts], feat, stage, hid} in JSON");
  const listed = "a JSON list of {total, ...}";
  const losses = metadata(file, "losses_f32", lossesSchema, listed);
  const losses64 = file.metadata.losses_f64 ? metadata(file, "losses_f64", lossesSchema, listed) : [];

  const input = file.shape("input");
  const [batch, colours, height, width] = input;
  if (input.length !== 4 || colours !== 3 || height % STRIDE !== 0 || width % STRIDE !== 0) {
    throw new UserError(
      `${file.path}: tensor 'input' is [${input.join(", ")}]; expected [B, 3, H, W], multiples of ${STRIDE}`,
    );
  }
  const joints = skeletonOf(config).joints.length;
  const cells = [cellsOf(height), cellsOf(width)];
  expectShape(file, "cm_target", [batch, joints, ...cells]);
  const limbs = config.model === "NSRM";
  if (limbs) expectShape(file, "limb_target", [batch, config.limbc, ...cells]);
  const spec = { architecture: config.model, widths, limbChannels: config.limbc, keypointChannels: joints };
  const learner = new Learner(gpu, spec);
  const upload = (name: string) => gpu.tensor(file.f32(name), file.shape(name));
  return {
    file,
    config,
    learner,
    settings: { batch, limbWeight: config.weight, partWeight: config.weight_g61, norm: config.loss_norm },
    batch: () => ({
      input: upload("input"),
      targets: { heat: upload("cm_target"), limb: limbs ? upload("limb_target") : null },
    }),
    losses,
    losses64,
  };
}

/** Loads every parameter from tensors named `prefix + name`. */
export function loadParameters({ learner, file }: Fixture, prefix: string): void {
  const { parameters } = learner.network;
  for (const { name, shape } of parameters.specs) {
    expectShape(file, prefix + name, shape);
    parameters.load(name, file.f32(prefix + name));
  }
}

/**
 * Trains from the state just loaded, that after `taken` steps, for as many steps as the fixture has losses and checks each.
 * A trajectory is chaotic: the limit is the largest of 1e-5, 20 times float32's own distance from float64 so far, 1e-3 from
 * the tenth of these steps and 3e-2 from the thirtieth.
 */
export async function checkLosses(
  fixture: Fixture,
  taken: number,
  onStep?: (step: number) => Promise<void>,
): Promise<Check[]> {
  const { learner, config, settings, batch, losses, losses64 } = fixture;
  const checks: Check[] = [];
  let drift = 0;
  for (const [i, want] of losses.slice(taken).entries()) {
    const step = taken + i + 1;
    learner.step([batch], settings, config.learning_rate);
    const got = (await learner.outcome()).losses;
    const exact = losses64[taken + i];
    if (exact) drift = Math.max(drift, relative(want.total, exact.total));
    const limit = Math.max(1e-5, 20 * drift, i + 1 >= 10 ? 1e-3 : 0, i + 1 >= 30 ? 3e-2 : 0);
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
