import { resolve } from "node:path";
import type { Gpu } from "../../engine/index";
import type { Precision } from "../../model/network/index";
import type { Config } from "../config/index";
import { Budget, type Course } from "../course/index";
import { type Contents, describeChange, SPLITS } from "../data/index";
import { computedOn } from "../files/index";
import { type Checkpoint, describeTuning, type RunLog } from "../files/node";

export interface Announcement {
  gpu: Gpu;
  course: Course;
  /** Notes of the configuration. */
  notes?: readonly string[];
  resume?: boolean;
  /** What the run goes on from. */
  checkpoint: Checkpoint | null;
}

/** Writes what is about to be trained, on what, and what deserves a second look, into the log. */
export function announce(log: RunLog, run: Announcement): void {
  const { gpu, course, notes = [], resume, checkpoint } = run;
  const { learner, plan, contents } = course;
  const { total, config } = plan;
  const { source, perPass, loader } = plan.main;
  log.info(`${config.name}: ${config.model}, ${learner.network.parameters.count.toLocaleString("en")} parameters`);
  log.info(`adapter: ${gpu.adapter.kind}, ${gpu.adapter.name}`);
  log.info(describeTuning(gpu));
  const sizes = SPLITS.map((split) => `${source.split(split).size} ${split}`);
  log.info(`images: ${sizes.join(", ")}; ${total} steps of batch ${config.batch_size} at ${config.image_size} px`);
  const smaller = plan.describe();
  if (smaller.length > 0) log.info(`of these: ${smaller.join("; ")}; validation comes after them`);
  if (config.precision === "mixed")
    log.info("mixed precision: float16 activations, float32 weights, a dynamic loss scale");
  for (const note of [...notes, ...source.notes]) log.info(`note: ${note}`);
  if (perPass < config.batch_size) {
    log.info(`note: a batch is split into passes of at most ${perPass} images; gradients add up exactly`);
  }
  if (resume && !checkpoint) log.info("nothing to resume yet: starting from the beginning");
  if (!checkpoint) return;
  log.info(`resumed at step ${checkpoint.step}`);
  if (checkpoint.adapter !== computedOn(gpu)) {
    log.warn(
      `the checkpoint was trained on ${checkpoint.adapter}; on ${computedOn(gpu)} the run goes on, but not bit for bit`,
    );
  }
  const data = otherData(checkpoint, config, contents);
  if (data) log.warn(data);
  if (config.lr_schedule === "one-cycle") {
    const planned = new Budget(checkpoint.config as Config).total(loader.batchesPerEpoch);
    if (planned !== total) {
      log.warn(`the learning rate's one cycle was planned over ${planned} steps; from here on it is that of ${total}`);
    }
  }
  const before: Precision = checkpoint.lossScale ? "mixed" : "single";
  if (before !== config.precision) {
    log.warn(`the checkpoint was trained in ${before} precision; the run goes on in ${config.precision} precision`);
  }
}

/** What there is to say of hands that are not those of before; a folder that was moved has the same. */
function otherData(
  { contents: before, config: past }: Checkpoint,
  config: Config,
  now: Contents | null,
): string | null {
  if (before && now) {
    const change = describeChange(before, now);
    return change && `the checkpoint was trained on other data than there are now: ${change}`;
  }
  const { data_root: from } = past as Config;
  const { data_root: to } = config;
  if (!from || !to || resolve(from) === resolve(to)) return null;
  return `the checkpoint was trained on the hands of ${from}; the run goes on with those of ${to}`;
}
