import { existsSync } from "node:fs";
import { join } from "node:path";
import { quietly } from "../../engine/errors/index";
import type { Gpu } from "../../engine/index";
import { writeFileAtomic } from "../../model/files/node";
import type { Config } from "../config/index";
import { Course } from "../course/index";
import { describeChange } from "../data/index";
import {
  type Checkpoint,
  openLog,
  openProgress,
  type Progress,
  type RunLog,
  removeStaleTemporaries,
} from "../files/node";
import { damageOf, FILES, Journal } from "../record/node";
import { checkImages } from "../source/node";
import { announce } from "./announce";
import { initialiseLearner } from "./initialise";
import { expectContents, openResumption, type Resumption } from "./resume";
import { Saver } from "./saver";
import { letGo, type Ready, settle } from "./settle";

/** A run: what to train, on what, and where its files go. */
export interface TrainOptions {
  gpu: Gpu;
  config: Config;
  /** Notes of the configuration, for the log. */
  notes?: readonly string[];
  /** Dataset folder; overrides the configuration's data_root. */
  data?: string;
  /** Folder that the run's files go to. */
  out: string;
  resume?: boolean;
  /** Goes on even where the data are others than those that the run began with. */
  otherData?: boolean;
  /** Prints nothing but warnings. */
  silent?: boolean;
  /** Ends the run after the step in progress, checkpoint saved. */
  stop?: AbortSignal;
}

/** All that a run works with. */
export interface OpenRun {
  options: TrainOptions;
  course: Course;
  /** Steps that earlier sessions have taken. */
  from: number;
  log: RunLog;
  progress: Progress;
  journal: Journal;
  saver: Saver;
}

/** Opens all that a run needs, in a folder that is locked. What the user gave is checked before any file is touched. */
export async function openRun(options: TrainOptions): Promise<OpenRun> {
  const began = performance.now();
  const { gpu, out, stop } = options;
  for (const folder of [".", FILES.samples, FILES.worst].map((name) => join(out, name)))
    if (existsSync(folder)) await removeStaleTemporaries(folder);
  const resumption = openResumption(options);
  const { checkpoint, budget } = resumption;
  const notes = [...(options.notes ?? [])];
  const whyNoFurther = checkpoint && budget.whyNoFurther(checkpoint.step);
  if (whyNoFurther) notes.push(whyNoFurther);
  const ready = await settle(gpu, budget, notes, stop);
  try {
    const { config, main } = ready.plan;
    for (const split of ["valid", "test"] as const) {
      notes.push(...(await checkImages(main.source.split(split), { skipBad: config.skip_bad, stop })));
    }
    return await openWith({ ...options, notes }, resumption, ready, began);
  } catch (error) {
    await quietly(() => letGo(ready));
    throw error;
  }
}

async function openWith(
  options: TrainOptions,
  { checkpoint, path, warning }: Resumption,
  { learner, plan }: Ready,
  began: number,
): Promise<OpenRun> {
  const { gpu, out, silent = false } = options;
  const { config, total, epochs } = plan;
  const course = new Course({
    ...{ gpu, learner, plan },
    onStep(line) {
      journal.step(line);
      const { step, epoch, loss, images, ms } = line;
      progress.update({ step, epoch: epoch - 1, loss, imagesPerSecond: (1000 * images) / ms });
    },
    async onUnreadable() {
      if (course.position.step > from) await quietly(() => saver.saveLast());
    },
    kept: () => (existsSync(join(out, FILES.last)) ? `the last good checkpoint is ${FILES.last}` : "no checkpoint yet"),
  });
  if (checkpoint) {
    expectContents({ checkpoint, path }, course.contents, options.otherData);
    course.restore(checkpoint, path);
  } else initialiseLearner(learner, config);
  const damage = checkpoint && checkBest(course, checkpoint, join(out, FILES.best));
  const { step: from } = course.position;

  await writeFileAtomic(join(out, FILES.config), `${JSON.stringify(config, null, 2)}\n`);
  const progress = openProgress({ total, start: from, epochs, silent });
  const log = openLog({ path: join(out, FILES.log), print: silent ? null : (line) => progress.print(line) });
  announce(log, { ...options, course, checkpoint });
  const journal = await Journal.open(out, from, began);
  for (const problem of [warning, damage, ...journal.problems]) if (problem !== null) log.warn(problem);
  const saver = new Saver({ course, journal, out, saved: checkpoint !== null && !warning });
  return { options, course, from, log, progress, journal, saver };
}

/**
 * Forgets the best score where there is nothing behind it: a checkpoint that was put here alone, from elsewhere, has its best
 * one elsewhere too; and scores by another threshold or decoder, or on other images, say nothing of which is best by these.
 * @returns what is wrong with the best checkpoint; null where nothing is
 */
function checkBest(course: Course, checkpoint: Checkpoint, best: string): string | null {
  const { config } = course.plan;
  const before = checkpoint.config as Partial<Config>;
  const damage = existsSync(best) ? damageOf(best) : null;
  const comparable =
    existsSync(best) &&
    damage === null &&
    !describeChange({ valid: checkpoint.contents?.valid }, { valid: course.contents?.valid }) &&
    before.select_threshold === config.select_threshold &&
    (before.decoder ?? "argmax") === config.decoder;
  if (!comparable) course.forgetBest();
  return damage && `${damage}; the best of the validations to come takes its place`;
}
