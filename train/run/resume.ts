import { existsSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../../engine/errors";
import { type Config, resolveConfig } from "../config";
import { type Checkpoint, loadCheckpoint } from "../files/checkpoint";
import { parseJson, readText } from "../json";
import { FILES } from "./outputs";

/** Settings that change what a run computes only in how far it goes, what it writes or how it rounds; all others must match. */
const FREE_ON_RESUME = new Set([
  "name",
  "data_root",
  "epochs",
  "max_steps",
  "minutes",
  "validate_every",
  "checkpoint_every",
  "samples",
  "prefetch",
  "cache_mb",
  "skip_bad",
  "pck_thresholds",
  "select_threshold",
  "micro_batch",
  "replay",
  "checkpoint_segments",
  "precision",
  "init",
  "backbone",
]);

/** The number of steps that the run's beginning fixed from its measured pace; null where it left no record. */
export function recordedSteps(out: string): number | null {
  const path = join(out, FILES.config);
  if (!existsSync(path)) return null;
  return resolveConfig(parseJson(readText(path, "the run's configuration"), path), path).config.max_steps;
}

/** The checkpoint to go on from, or null for a fresh run. @throws UserError when the folder does not fit the request */
export function openCheckpoint({
  out,
  resume,
  config,
}: {
  out: string;
  resume?: boolean;
  config: Config;
}): Checkpoint | null {
  const path = join(out, FILES.last);
  if (!existsSync(path)) return null;
  if (!resume) {
    throw new UserError(`${out} already holds a run; go on with --resume, or choose another --out`);
  }
  const checkpoint = loadCheckpoint(path);
  const { config: before } = resolveConfig(checkpoint.config, `${path}: its configuration`);
  for (const key of Object.keys(config) as (keyof Config)[]) {
    if (FREE_ON_RESUME.has(key) || JSON.stringify(before[key]) === JSON.stringify(config[key])) continue;
    throw new UserError(
      `${path}: it was trained with ${key} ${JSON.stringify(before[key])}, this run asks for ${JSON.stringify(config[key])}`,
    );
  }
  return checkpoint;
}
