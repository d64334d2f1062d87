import { existsSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../../engine/errors";
import type { Gpu } from "../../engine/gpu";
import { writeFileAtomic } from "../../model/files";
import { augmentBatch } from "../augment/batch";
import { type Config, onFolder } from "../config";
import { Loader } from "../data/loader";
import { type Evaluation, evaluate } from "../evaluate";
import { type Checkpoint, loadCheckpoint, saveCheckpoint } from "../files/checkpoint";
import { lockFolder } from "../files/lock";
import { openLog, type RunLog } from "../files/log";
import { openProgress, type Progress } from "../files/progress";
import { removeStaleTemporaries } from "../files/temporaries";
import { computedOn } from "../files/tuning";
import type { Learner } from "../learner";
import { meanPose } from "../metrics/mean-pose";
import { openSource, type Source } from "../source";
import { announce } from "./announce";
import { conclude } from "./conclude";
import { initialiseLearner } from "./initialise";
import { Journal } from "./journal";
import { FILES, writeEvaluation } from "./outputs";
import { stepsThatFit } from "./pace";
import { openCheckpoint, recordedSteps } from "./resume";
import { writeMasks, writeSamples } from "./samples";
import { createLearner, imagesPerPass } from "./setup";
import { loadWeights, readParameters, restoreLearner } from "./state";
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

/** How a run ended. */
export interface TrainResult {
  out: string;
  steps: number;
  epoch: number;
  /** Trained values of the network. */
  parameters: number;
  /** True when a signal ended the run before its last step. */
  interrupted: boolean;
  /** Training images that could not be read and were left out. */
  skipped: number;
  lastLoss: number | null;
  valid: Evaluation | null;
  test: Evaluation | null;
}

/** Steps whose results may be outstanding: enough to keep the GPU fed, few enough to notice trouble at once. */
const STEPS_IN_FLIGHT = 2;

/** Trains an experiment from its start or its last checkpoint to its end; see README for the files it leaves. */
export async function train(options: TrainOptions): Promise<TrainResult> {
  const lock = await lockFolder(options.out);
  try {
    const run = await Run.open({ ...options, config: { ...onFolder(options.config, options.data) } });
    try {
      return await run.run();
    } catch (error) {
      run.log.record(`ended by an error: ${(error as Error).message}`);
      throw error;
    } finally {
      await run.close();
    }
  } finally {
    await lock.release();
  }
}

class Run {
  #step = 0;
  /** The epoch in progress (from 1), and batches of it that are done. */
  #epoch = 1;
  #batchInEpoch = 0;
  /** Bad images that the log has told of. */
  #told = 0;
  #best: number | null = null;
  #valid: Evaluation | null = null;
  #meanPose = new Float64Array(42);

  private constructor(
    readonly options: TrainOptions,
    readonly learner: Learner,
    readonly source: Source,
    readonly loader: Loader,
    readonly total: number,
    readonly stepper: Stepper,
    readonly log: RunLog,
    readonly progress: Progress,
    readonly journal: Journal,
  ) {}

  /** Opens all that a run needs, in a folder that is locked. What the user gave is checked before any file is touched. */
  static async open(options: TrainOptions): Promise<Run> {
    const { gpu, config } = options;
    const began = performance.now();
    await removeStaleTemporaries(options.out);
    const checkpoint = openCheckpoint(options);
    const source = openSource({ gpu, config, data: options.data });
    const learner = createLearner(gpu, config);
    try {
      return await Run.#openWith(options, checkpoint, source, learner, began);
    } catch (error) {
      learner.dispose();
      throw error;
    }
  }

  static async #openWith(
    options: TrainOptions,
    checkpoint: Checkpoint | null,
    source: Source,
    learner: Learner,
    began: number,
  ): Promise<Run> {
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
    const start = checkpoint?.step ?? 0;
    if (checkpoint) restoreLearner(learner, checkpoint, join(out, FILES.last));
    else initialiseLearner(learner, config);

    await writeFileAtomic(join(out, FILES.config), `${JSON.stringify(config, null, 2)}\n`);
    const progress = openProgress({ total, start, epochs: config.epochs, silent });
    const log = openLog({ path: join(out, FILES.log), print: silent ? null : (line) => progress.print(line) });
    announce(log, { ...options, learner, source, total, perPass, checkpoint });
    const journal = await Journal.open(out, start, began);
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
      kept: () =>
        existsSync(join(out, FILES.last)) ? `the last good checkpoint is ${FILES.last}` : "no checkpoint yet",
    });
    const run = new Run(options, learner, source, loader, total, stepper, log, progress, journal);
    if (checkpoint) {
      run.#step = checkpoint.step;
      run.#epoch = checkpoint.epoch;
      run.#batchInEpoch = checkpoint.stepInEpoch;
      // A checkpoint that was put here alone, from elsewhere, has its best one elsewhere too.
      run.#best = existsSync(join(out, FILES.best)) ? checkpoint.bestScore : null;
    }
    return run;
  }

  async run(): Promise<TrainResult> {
    const { config, stop } = this.options;
    this.#meanPose = await meanPose(this.source.split("train"));
    // Before the first step, so that no pipeline is made after it.
    await this.journal.during("pictures", () => writeMasks(this.options, this.source));
    this.journal.enter("steps");
    while (!this.#finished && !stop?.aborted) {
      const whole = await this.#epochOfSteps();
      if (!whole) break;
      this.#epoch++;
      this.#batchInEpoch = 0;
      if (this.#finished) break;
      if ((this.#epoch - 1) % config.validate_every === 0) await this.#validate();
      await this.#save();
    }
    const interrupted = !this.#finished && stop?.aborted === true;
    if (interrupted) {
      await this.#save();
      this.log.info(`stopped at step ${this.#step} of ${this.total}; --resume goes on from here`);
      await this.#conclude(null);
      return this.#result(interrupted, null);
    }
    await this.#validate();
    await this.#save();
    const test = await this.#test();
    this.log.info(`done: ${this.#step} steps; ${this.options.out} holds the checkpoints, predictions and pictures`);
    await this.#conclude(test);
    return this.#result(interrupted, test);
  }

  /** The epoch that the last step belonged to. */
  get #epochOfLastStep(): number {
    return this.#batchInEpoch === 0 ? Math.max(1, this.#epoch - 1) : this.#epoch;
  }

  /** All steps are done, or all epochs (fewer steps where bad images emptied batches). */
  get #finished(): boolean {
    return this.#step >= this.total || this.#epoch > this.options.config.epochs;
  }

  async close(): Promise<void> {
    this.progress.stop();
    await this.loader.close();
    this.journal.close();
    this.learner.dispose();
  }

  /** Trains to the epoch's end. @returns false when the run's last step, or a signal, came first */
  async #epochOfSteps(): Promise<boolean> {
    const { config, stop } = this.options;
    let cut = false;
    for await (const batch of this.loader.batches(this.#epoch, this.#batchInEpoch)) {
      this.stepper.take(augmentBatch(config, batch), ++this.#step, this.#epoch);
      this.#batchInEpoch = batch.index + 1;
      await this.stepper.drain(STEPS_IN_FLIGHT);
      if (config.checkpoint_every > 0 && this.#step % config.checkpoint_every === 0) await this.#save();
      cut = this.#step >= this.total || stop?.aborted === true;
      if (cut) break;
    }
    await this.stepper.drain();
    this.#tellOfSkipped();
    return !cut || this.#batchInEpoch >= this.loader.batchesPerEpoch;
  }

  /** Says how many images were left out so far, when there are more than at the last time. */
  #tellOfSkipped(): void {
    const { skipped, dataset } = this.loader;
    if (skipped.size === this.#told) return;
    this.#told = skipped.size;
    const [first] = skipped.values();
    if (skipped.size === dataset.size) throw new UserError(`not one training image can be read: ${first}`);
    this.log.warn(`${skipped.size} bad training images left out so far: ${first}${skipped.size > 1 ? ", ..." : ""}`);
  }

  async #save(name: string = FILES.last): Promise<void> {
    await this.stepper.drain();
    this.journal.sync();
    const { gpu, config, out } = this.options;
    await this.journal.during("checkpoints", async () =>
      saveCheckpoint(join(out, name), {
        adapter: computedOn(gpu),
        epoch: this.#epoch,
        step: this.#step,
        stepInEpoch: this.#batchInEpoch,
        seed: config.seed,
        rng: null, // every random choice is a function of (seed, epoch), see rng.ts
        bestScore: this.#best,
        lossScale: await this.learner.adam.scaling(),
        config,
        parameters: await readParameters(this.learner),
      }),
    );
  }

  async #validate(): Promise<void> {
    const { config } = this.options;
    const result = await this.#evaluate("valid");
    this.#valid = result;
    const score = result.scores.original.pck[String(config.select_threshold)];
    const better = this.#best === null || score > this.#best;
    const epoch = this.#epochOfLastStep;
    this.log.info(
      `epoch ${epoch}: valid loss ${result.loss.toFixed(6)} (best constant maps ${result.constantLoss.toFixed(6)}), ` +
        `PCK@${config.select_threshold} ${score.toFixed(4)} ` +
        `(mean pose ${result.scores.meanPose.original[String(config.select_threshold)].toFixed(4)})${better ? ", best so far" : ""}`,
    );
    await this.journal.during("pictures", async () => {
      const name = `epoch_${String(epoch).padStart(3, "0")}`;
      const { gpu } = this.options;
      await gpu.pool.frugally(() => writeSamples(this.options, this.learner.network, this.source, name));
    });
    if (better) {
      this.#best = score;
      await this.#save(FILES.best);
    }
    this.stepper.restartClock();
  }

  /** The test split by the best checkpoint, as the original ends its runs. */
  async #test(): Promise<Evaluation> {
    const { out, config } = this.options;
    const path = join(out, FILES.best);
    if (!existsSync(path)) await this.#validate();
    loadWeights(this.learner.network.parameters, loadCheckpoint(path, { weightsOnly: true }).parameters, path);
    const result = await this.#evaluate("test");
    for (const t of config.pck_thresholds) {
      const [ours, mean] = [result.scores.original.pck[String(t)], result.scores.meanPose.original[String(t)]];
      this.log.info(`test PCK@${t} ${ours.toFixed(4)} (mean pose ${mean.toFixed(4)})`);
    }
    return result;
  }

  /** Evaluates a split and puts the outcome on record. */
  async #evaluate(split: "valid" | "test"): Promise<Evaluation> {
    const { gpu, config, out } = this.options;
    const at = { epoch: this.#epochOfLastStep, step: this.#step };
    return this.journal.during(split === "test" ? "test" : "validation", async () => {
      const evaluation = {
        gpu,
        network: this.learner.network,
        config,
        source: this.source,
        dataset: this.source.split(split),
        meanPose: this.#meanPose,
        imagesPerPass: this.stepper.parts.perPass,
      };
      const result = await gpu.pool.frugally(() => evaluate(evaluation));
      await writeEvaluation(out, result, at);
      this.journal.evaluation(result, at);
      return result;
    });
  }

  /** Leaves the report; its path, and the test split's PCK where there is one, are the run's last lines. */
  async #conclude(test: Evaluation | null): Promise<void> {
    const { gpu, config, out } = this.options;
    const { source, journal, total, learner } = this;
    const parameters = learner.network.parameters.count;
    const judged = test ?? this.#valid;
    const report = await conclude({ gpu, config, out, source, journal, step: this.#step, total, parameters, judged });
    this.progress.stop();
    if (test) {
      const { original, meanPose } = test.scores;
      const [ours, mean] = [original.pck, meanPose.original].map((pck) => pck[String(config.select_threshold)]);
      this.log.info(`PCK@${config.select_threshold} ${ours.toFixed(3)} (mean pose ${mean.toFixed(3)})`);
    }
    this.log.info(`report: ${report}`);
  }

  #result(interrupted: boolean, test: Evaluation | null): TrainResult {
    return {
      out: this.options.out,
      steps: this.#step,
      epoch: this.#epochOfLastStep,
      parameters: this.learner.network.parameters.count,
      interrupted,
      skipped: this.loader.skipped.size,
      lastLoss: this.stepper.lastLoss,
      valid: this.#valid,
      test,
    };
  }
}
