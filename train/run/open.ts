import { existsSync } from "node:fs";
import { join } from "node:path";
import { quietly } from "../../engine/device/index";
import type { Gpu } from "../../engine/index";
import { writeFileAtomic } from "../../model/files/node";
import { type Config, slowVariant } from "../config/index";
import { type Contents, describeChange } from "../data/index";
import {
  type Checkpoint,
  openLog,
  openProgress,
  type Progress,
  type RunLog,
  removeStaleTemporaries,
} from "../files/node";
import { damageOf, FILES, Journal } from "../record/node";
import { checkImages, openSource } from "../source/node";
import { createLearner, type Learner, restoreLearner } from "../step/index";
import { announce } from "./announce";
import { Course, openParts, type Part, stepsOf } from "./course";
import { initialiseLearner } from "./initialise";
import { stepsThatFit } from "./pace";
import { expectContents, openResumption, type Resumption } from "./resume";
import { type Position, Saver } from "./saver";
import { Stepper } from "./stepper";

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
  /** With the configuration as it was settled for this adapter. */
  options: TrainOptions;
  learner: Learner;
  course: Course;
  /** What it is trained on, where the configuration does not tell. */
  contents: Contents | null;
  stepper: Stepper;
  log: RunLog;
  progress: Progress;
  journal: Journal;
  saver: Saver;
  start: Position;
}

/** Opens all that a run needs, in a folder that is locked. What the user gave is checked before any file is touched. */
export async function openRun(options: TrainOptions): Promise<OpenRun> {
  const began = performance.now();
  for (const folder of [".", FILES.samples, FILES.worst].map((name) => join(options.out, name)))
    if (existsSync(folder)) await removeStaleTemporaries(folder);
  const resumption = openResumption(options);
  const { checkpoint, config, settled } = resumption;
  const notes = [...(options.notes ?? [])];
  if (checkpoint && settled) notes.push(...whyNoFurther(checkpoint, config, options.config));
  const ready =
    config.minutes === null || settled
      ? setUp(options, { ...config, when_slow: null })
      : await fitMinutes(options, config, notes);
  try {
    const course = new Course(ready.config, ready.parts);
    const { source } = course.main;
    for (const split of ["valid", "test"] as const) {
      notes.push(...(await checkImages(source.split(split), { skipBad: config.skip_bad, stop: options.stop })));
    }
    return await openWith({ ...options, config: course.config, notes }, resumption, course, ready.learner, began);
  } catch (error) {
    await quietly(() => letGo(ready));
    throw error;
  }
}

/** What is said of a run at its end that is asked for more steps than its beginning has found to fit its minutes. */
function whyNoFurther(
  { step }: Checkpoint,
  { max_steps: fixed, minutes }: Config,
  { max_steps: asked }: Config,
): string[] {
  if (fixed === null || asked === null || step < fixed || asked <= fixed) return [];
  return [`the ${fixed} steps that fit ${minutes} minutes are done; --set minutes=null goes on to ${asked}`];
}

/** An experiment with what it trains, and on what. */
interface Ready {
  config: Config;
  learner: Learner;
  parts: Part[];
}

function setUp({ gpu, data }: TrainOptions, config: Config): Ready {
  const parts = openParts(gpu, config, (own) => openSource({ gpu, config: own, data }));
  return { config, learner: createLearner(gpu, config), parts };
}

async function letGo({ learner, parts }: Ready): Promise<void> {
  for (const { loader } of parts) await loader.close();
  learner.dispose();
  learner.gpu.trim();
}

/** Fixes how many steps fit the experiment's minutes on this adapter; where they are few, takes its variant for that case. */
async function fitMinutes(options: TrainOptions, config: Config, notes: string[]): Promise<Ready> {
  const begun = performance.now();
  const fit = async (variant: Config) => {
    const ready = setUp(options, { ...variant, when_slow: null });
    try {
      const spent = performance.now() - begun;
      const max_steps = await stepsThatFit(options.gpu, ready.learner, ready.parts, variant, spent, options.stop);
      return { ...ready, config: { ...ready.config, max_steps } };
    } catch (error) {
      await quietly(() => letGo(ready));
      throw error;
    }
  };
  const usual = await fit(config);
  const slow = slowVariant(config);
  if (!slow) return usual;
  const asked = stepsOf(config, usual.parts[usual.parts.length - 1].loader.batchesPerEpoch);
  if (usual.config.max_steps >= Math.min(asked, config.when_slow!.steps)) return usual;
  await letGo(usual);
  const changes = Object.entries(config.when_slow!.set).map(([key, value]) => `${key} ${JSON.stringify(value)}`);
  notes.push(
    `${usual.config.max_steps} steps would fit ${config.minutes} minutes on this adapter, fewer than ` +
      `${config.when_slow!.steps}; for such a case the experiment has ${changes.join(", ")}`,
  );
  return fit(slow);
}

async function openWith(
  options: TrainOptions,
  { checkpoint, path, warning }: Resumption,
  course: Course,
  learner: Learner,
  began: number,
): Promise<OpenRun> {
  const { gpu, config, out, silent = false } = options;
  const { total, epochs } = course;
  const contents = course.main.source.contents();
  if (checkpoint) {
    expectContents({ checkpoint, path }, contents, options.otherData);
    restoreLearner(learner, checkpoint, path);
  } else initialiseLearner(learner, config);
  const { start, damage } = positionOf(checkpoint, contents, options);

  await writeFileAtomic(join(out, FILES.config), `${JSON.stringify(config, null, 2)}\n`);
  const progress = openProgress({ total, start: start.step, epochs, silent });
  const log = openLog({ path: join(out, FILES.log), print: silent ? null : (line) => progress.print(line) });
  announce(log, { ...options, learner, course, contents, checkpoint });
  const journal = await Journal.open(out, start.step, began);
  for (const problem of [warning, damage, ...journal.problems]) if (problem !== null) log.warn(problem);
  const stepper = new Stepper({
    gpu,
    learner,
    course,
    onStep(line) {
      journal.step(line);
      const { step, epoch, loss, images, ms } = line;
      progress.update({ step, epoch: epoch - 1, loss, imagesPerSecond: (1000 * images) / ms });
    },
    kept: () => (existsSync(join(out, FILES.last)) ? `the last good checkpoint is ${FILES.last}` : "no checkpoint yet"),
  });
  const saved = checkpoint && !warning ? start : null;
  const saver = new Saver({ gpu, config, out, learner, contents, saved });
  return { options, learner, course, contents, stepper, log, progress, journal, saver, start };
}

const BEGINNING: Position = { step: 0, epoch: 1, batchInEpoch: 0, best: null, validationDue: false };

/** @returns where the run stands, and what is wrong with its best checkpoint */
function positionOf(
  checkpoint: Checkpoint | null,
  contents: Contents | null,
  { config, out }: TrainOptions,
): { start: Position; damage: string | null } {
  if (!checkpoint) return { start: BEGINNING, damage: null };
  const { step, epoch, stepInEpoch, bestScore, validationDue = false } = checkpoint;
  // A checkpoint that was put here alone, from elsewhere, has its best one elsewhere too; and scores by another threshold
  // or decoder, or on other images, say nothing of which is best by these.
  const before = checkpoint.config as Partial<Config>;
  const best = join(out, FILES.best);
  const damage = existsSync(best) ? damageOf(best) : null;
  const comparable =
    existsSync(best) &&
    damage === null &&
    !describeChange({ valid: checkpoint.contents?.valid }, { valid: contents?.valid }) &&
    before.select_threshold === config.select_threshold &&
    (before.decoder ?? "argmax") === config.decoder;
  return {
    start: { step, epoch, batchInEpoch: stepInEpoch, best: comparable ? bestScore : null, validationDue },
    damage: damage && `${damage}; the best of the validations to come takes its place`,
  };
}
