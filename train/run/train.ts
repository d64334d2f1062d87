import { quietly, withCleanup } from "../../engine/device/index";
import { UserError } from "../../engine/index";
import { onFolder } from "../config/index";
import { augmentBatch } from "../data/augment/index";
import type { Batch, Loader } from "../data/index";
import { lockFolder } from "../files/node";
import { writeMasks } from "../record/node";
import type { Evaluation } from "../score/index";
import { conclude } from "./conclude";
import { Judge } from "./judge";
import { type OpenRun, openRun, type TrainOptions } from "./open";
import { epochOfLastStep, type Position } from "./saver";
import { STEPS_IN_FLIGHT } from "./stepper";

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

/**
 * Trains an experiment from its start or its last checkpoint to its end; see README for the files it leaves.
 * @throws what `stop` is aborted with, where that comes before the run's length is known; nothing is written then
 */
export async function train(options: TrainOptions): Promise<TrainResult> {
  const lock = await lockFolder(options.out);
  return withCleanup(
    async () => {
      const loop = new Loop(await openRun({ ...options, config: { ...onFolder(options.config, options.data) } }));
      return withCleanup(
        () => loop.train(),
        () => loop.close(),
      );
    },
    () => lock.release(),
  );
}

/** The loop over epochs: steps, checkpoints, validation, and the test at the end. A signal is thrown, as its reason. */
class Loop {
  readonly #at: Position;
  /** Bad images that the log has told of. */
  #told = 0;
  readonly #judge: Judge;

  constructor(readonly run: OpenRun) {
    this.#at = { ...run.start };
    this.#judge = new Judge(run, this.#at, () => this.#save());
  }

  /** From where the run stands to its end, or a signal. */
  async train(): Promise<TrainResult> {
    const { stop } = this.run.options;
    try {
      await this.#begin();
      await this.#epochs();
      return await this.#finish();
    } catch (error) {
      if (stop?.aborted && error === stop.reason) return await this.#stopped();
      await quietly(() => this.run.log.record(`ended by an error: ${(error as Error).message}`));
      throw error;
    }
  }

  async close(): Promise<void> {
    this.run.progress.stop();
    await this.run.course.close();
    this.run.journal.close();
    this.run.learner.dispose();
  }

  async #begin(): Promise<void> {
    const { options, course, journal } = this.run;
    const { source } = course.main;
    await this.#judge.begin();
    // Before the first step, so that no pipeline is made after it.
    await journal.during("pictures", () => writeMasks(options, source));
    // How many steps fit its minutes is measured once: the checkpoint knows it from here on.
    if (options.config.minutes !== null) await this.#save();
    journal.enter("steps");
  }

  /** Takes the steps that are left. An epoch is saved before it is validated, which may take long, or fail. */
  async #epochs(): Promise<void> {
    if (this.#at.validationDue) await this.#judge.validate();
    while (!this.#finished) {
      this.run.options.stop?.throwIfAborted();
      const whole = await this.#epochOfSteps();
      if (whole) {
        this.#at.epoch++;
        this.#at.batchInEpoch = 0;
      }
      this.#at.validationDue = this.#finished || (whole && this.#judgesEpoch);
      if (this.#finished) return;
      if (!whole) continue; // a signal came
      await this.#save();
      if (this.#at.validationDue) await this.#judge.validate();
    }
  }

  /** All steps are taken: the last weights' validation, and the test by the best. */
  async #finish(): Promise<TrainResult> {
    await this.#save();
    await this.#judge.validate();
    await this.#save();
    const test = await this.#judge.test(); // from here on the network holds the best weights, and is saved no more
    const { log, options } = this.run;
    log.info(`done: ${this.#at.step} steps; ${options.out} holds the checkpoints, predictions and pictures`);
    await this.#conclude(test);
    return this.#result(false, test);
  }

  /** A signal came. */
  async #stopped(): Promise<TrainResult> {
    await this.#save();
    this.run.log.info(`stopped at step ${this.#at.step} of ${this.run.course.total}; --resume goes on from here`);
    await this.#conclude(null);
    return this.#result(true, null);
  }

  get #epochsTaken(): number {
    return this.#at.epoch - 1;
  }

  /** The epoch that has ended is to be validated; one of smaller images says nothing of the size that the run is judged at. */
  get #judgesEpoch(): boolean {
    const { course, options } = this.run;
    return course.partAt(this.#at.step) === course.main && this.#epochsTaken % options.config.validate_every === 0;
  }

  /** All steps are done, or all epochs (fewer steps where bad images emptied batches). */
  get #finished(): boolean {
    const { course, options } = this.run;
    return this.#at.step >= course.total || this.#at.epoch > Math.max(options.config.epochs, course.epochs);
  }

  /** Trains to the epoch's end, which a part's end is too. @returns false when the run's last step, or a signal, came first */
  async #epochOfSteps(): Promise<boolean> {
    const { options, course, stepper } = this.run;
    const { config, stop } = options;
    const at = this.#at;
    const part = course.partAt(at.step + 1);
    const { batchesPerEpoch } = part.loader;
    let cut = false;
    for await (const batch of this.#batches(part.loader)) {
      stepper.take(augmentBatch(part.config, batch), ++at.step, at.epoch);
      at.batchInEpoch = course.endsPart(at.step) ? batchesPerEpoch : batch.index + 1;
      await stepper.drain(STEPS_IN_FLIGHT);
      if (config.checkpoint_every > 0 && at.step % config.checkpoint_every === 0) await this.#save();
      cut = at.step >= course.total || stop?.aborted === true;
      if (cut || at.batchInEpoch >= batchesPerEpoch) break;
    }
    await stepper.drain();
    this.#tellOfSkipped();
    return !cut || at.batchInEpoch >= batchesPerEpoch;
  }

  /** What is left of the epoch. Where an image cannot be read, the steps before it are kept. */
  async *#batches(loader: Loader): AsyncGenerator<Batch, void, void> {
    try {
      yield* loader.batches(this.#at.epoch, this.#at.batchInEpoch);
    } catch (error) {
      if (this.#at.step > this.run.start.step) await quietly(() => this.#save());
      throw error;
    }
  }

  /** Says how many images were left out so far, when there are more than at the last time. */
  #tellOfSkipped(): void {
    const skipped = this.#skipped();
    if (skipped.size === this.#told) return;
    this.#told = skipped.size;
    const [first] = skipped.values();
    if (skipped.size === this.run.course.main.loader.dataset.size)
      throw new UserError(`not one training image can be read: ${first}`);
    this.run.log.warn(
      `${skipped.size} bad training images left out so far: ${first}${skipped.size > 1 ? ", ..." : ""}`,
    );
  }

  /** Bad training images, by their index: each part of the run meets its own. */
  #skipped(): Map<number, string> {
    return new Map(this.run.course.parts.flatMap(({ loader }) => [...loader.skipped]));
  }

  async #save(): Promise<void> {
    await this.run.stepper.drain();
    this.run.journal.sync();
    await this.run.journal.during("checkpoints", () => this.run.saver.saveLast(this.#at));
  }

  /** Leaves the report; its path, and the test split's PCK where there is one, are the run's last lines. */
  async #conclude(test: Evaluation | null): Promise<void> {
    const { gpu, config, out } = this.run.options;
    const { course, journal, learner } = this.run;
    const { total, main } = course;
    const parameters = learner.network.parameters.count;
    const judged = test ?? this.#judge.valid;
    const report = await conclude({
      gpu,
      config,
      out,
      source: main.source,
      journal,
      step: this.#at.step,
      total,
      parameters,
      judged,
    });
    this.run.progress.stop();
    if (test) {
      const { original, meanPose } = test.scores;
      const [ours, mean] = [original.pck, meanPose.original].map((pck) => pck[String(config.select_threshold)]);
      this.run.log.info(`PCK@${config.select_threshold} ${ours.toFixed(3)} (mean pose ${mean.toFixed(3)})`);
    }
    this.run.log.info(`report: ${report}`);
  }

  #result(interrupted: boolean, test: Evaluation | null): TrainResult {
    return {
      out: this.run.options.out,
      steps: this.#at.step,
      epoch: epochOfLastStep(this.#at),
      parameters: this.run.learner.network.parameters.count,
      interrupted,
      skipped: this.#skipped().size,
      lastLoss: this.run.stepper.lastLoss,
      valid: this.#judge.valid,
      test,
    };
  }
}
