import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Gpu } from "../../engine/gpu";
import { writeFileAtomic } from "../../model/files";
import type { Config } from "../config";
import { Loader } from "../data/loader";
import type { Checkpoint } from "../files/checkpoint";
import { openLog, type RunLog } from "../files/log";
import { openProgress, type Progress } from "../files/progress";
import { removeStaleTemporaries } from "../files/temporaries";
import type { Learner } from "../learner";
import { openSource, type Source } from "../source";
import { announce } from "./announce";
import { initialiseLearner } from "./initialise";
import { Journal } from "./journal";
import { FILES } from "./outputs";
import { stepsThatFit } from "./pace";
import { openCheckpoint, recordedSteps } from "./resume";
import { createLearner, imagesPerPass } from "./setup";
import { restoreLearner } from "./state";
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
  /** Prints nothing but warnings. */
  silent?: boolean;
  /** Ends the run after the step in progress, checkpoint saved. */
  stop?: AbortSignal;
}

/** Where a run stands. */
export interface Position {
  /** Steps taken. */
  step: number;
  /** The epoch in progress (from 1), and batches of it that are done. */
  epoch: number;
  batchInEpoch: number;
  /** Best validation score so far, null before the first. */
  best: number | null;
}

/** All that a run works with. */
export interface OpenRun {
  options: TrainOptions;
  learner: Learner;
  source: Source;
  loader: Loader;
  stepper: Stepper;
  log: RunLog;
  progress: Progress;
  journal: Journal;
  start: Position;
  /** Steps when the run is done. */
  total: number;
}

/** Opens all that a run needs, in a folder that is locked. What the user gave is checked before any file is touched. */
export async function openRun(options: TrainOptions): Promise<OpenRun> {
  const { gpu, config } = options;
  const began = performance.now();
  await removeStaleTemporaries(options.out);
  const checkpoint = openCheckpoint(options);
  const source = openSource({ gpu, config, data: options.data });
  const learner = createLearner(gpu, config);
  try {
    return await openWith(options, checkpoint, source, learner, began);
  } catch (error) {
    learner.dispose();
    throw error;
  }
}

async function openWith(
  options: TrainOptions,
  checkpoint: Checkpoint | null,
  source: Source,
  learner: Learner,
  began: number,
): Promise<OpenRun> {
  const { gpu, config, out, resume = false, silent = false } = options;
  const { seed, batch_size: batchSize, prefetch, skip_bad: skipBad } = config;
  const loader = new Loader(source.split("train"), { batchSize, seed, shuffle: true, prefetch, skipBad });
  const perPass = imagesPerPass(gpu, config);
  if (config.minutes !== null) {
    const recorded = resume ? recordedSteps(out) : null;
    const most = config.max_steps ?? Number.POSITIVE_INFINITY;
    config.max_steps = recorded ?? Math.min(most, await stepsThatFit(gpu, learner, source, loader, config, perPass));
  }
  const whole = config.epochs * loader.batchesPerEpoch;
  const total = Math.min(whole, config.max_steps ?? whole);
  const start = positionOf(checkpoint, options);
  if (checkpoint) restoreLearner(learner, checkpoint, join(out, FILES.last));
  else initialiseLearner(learner, config);

  await writeFileAtomic(join(out, FILES.config), `${JSON.stringify(config, null, 2)}\n`);
  const progress = openProgress({ total, start: start.step, epochs: config.epochs, silent });
  const log = openLog({ path: join(out, FILES.log), print: silent ? null : (line) => progress.print(line) });
  announce(log, { ...options, learner, source, total, perPass, checkpoint });
  const journal = await Journal.open(out, start.step, began);
  const stepper = new Stepper({
    gpu,
    config,
    learner,
    source,
    perPass,
    onStep(line) {
      journal.step(line);
      const { step, epoch, loss, images, ms } = line;
      progress.update({ step, epoch: epoch - 1, loss, imagesPerSecond: (1000 * images) / ms });
    },
    kept: () => (existsSync(join(out, FILES.last)) ? `the last good checkpoint is ${FILES.last}` : "no checkpoint yet"),
  });
  return { options, learner, source, loader, stepper, log, progress, journal, start, total };
}

function positionOf(checkpoint: Checkpoint | null, { config, out }: TrainOptions): Position {
  if (!checkpoint) return { step: 0, epoch: 1, batchInEpoch: 0, best: null };
  const { step, epoch, stepInEpoch, bestScore } = checkpoint;
  // A checkpoint that was put here alone, from elsewhere, has its best one elsewhere too; and scores by another threshold
  // say nothing of which is best by this one.
  const before = checkpoint.config as Partial<Config>;
  const comparable = existsSync(join(out, FILES.best)) && before.select_threshold === config.select_threshold;
  return { step, epoch, batchInEpoch: stepInEpoch, best: comparable ? bestScore : null };
}
