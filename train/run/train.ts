import { quietly, withCleanup } from "../../engine/errors/index";
import { UserError } from "../../engine/index";
import { epochOfLastStep } from "../course/index";
import { lockFolder } from "../files/node";
import { writeMasks } from "../record/node";
import type { Evaluation } from "../score/index";
import { withFolder } from "../source/node";
import { conclude } from "./conclude";
import { Evaluator } from "./evaluator";
import { type OpenRun, openRun, type TrainOptions } from "./open";

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
      const driver = new Driver(await openRun({ ...options, config: withFolder(options.config, options.data) }));
      return withCleanup(
        () => driver.train(),
        () => driver.close(),
      );
    },
    () => lock.release(),
  );
}

/** Drives a course in a folder: files, log and pictures beside its steps. A signal is thrown, as its reason. */
class Driver {
  readonly #evaluator: Evaluator;
  /** Bad images that the log has told of. */
  #told = 0;

  constructor(readonly run: OpenRun) {
    this.#evaluator = new Evaluator(run);
  }

  /** From where the run stands to its end, or a signal. */
  async train(): Promise<TrainResult> {
    const { options, log } = this.run;
    try {
      await this.#begin();
      await this.#takeSteps();
      return await this.#finish();
    } catch (error) {
      if (options.stop?.aborted && error === options.stop.reason) return await this.#stopped();
      await quietly(() => log.record(`ended by an error: ${(error as Error).message}`));
      throw error;
    }
  }

  async close(): Promise<void> {
    this.run.progress.stop();
    await this.run.course.close();
    this.run.journal.close();
  }

  async #begin(): Promise<void> {
    const { options, course, journal, saver } = this.run;
    const { budget, config, main } = course.plan;
    await course.prepare(options.stop);
    // Before the first step, so that no pipeline is made after it.
    await journal.during("pictures", () => writeMasks({ ...options, config }, main.source));
    // How many steps fit its minutes is measured once: the checkpoint knows it from here on.
    if (budget.fixed !== null) await saver.saveLast();
    journal.enter("steps");
  }

  /** Takes the steps that are left. An epoch is saved before it is validated, which may take long, or fail. */
  async #takeSteps(): Promise<void> {
    const { course, options, saver } = this.run;
    const { stop } = options;
    const { checkpoint_every: often } = course.plan.config;
    for await (const event of course.steps({ stop })) {
      if (event === "step" && often > 0 && course.position.step % often === 0) await saver.saveLast();
      if (event === "validation") await this.#evaluator.validate();
      if (event === "epoch") {
        this.#tellOfSkipped();
        await saver.saveLast();
      }
    }
    this.#tellOfSkipped();
    stop?.throwIfAborted();
  }

  /** All steps are taken, and the last weights validated: the test by the best. A run that goes on from its end is validated anew. */
  async #finish(): Promise<TrainResult> {
    const { course, log, options, saver } = this.run;
    await saver.saveLast();
    if (!this.#evaluator.valid) await this.#evaluator.validate();
    await saver.saveLast();
    const test = await this.#evaluator.test(); // from here on the network holds the best weights, and is saved no more
    log.info(`done: ${course.position.step} steps; ${options.out} holds the checkpoints, predictions and pictures`);
    await this.#conclude(test);
    return this.#result(false, test);
  }

  /** A signal came. */
  async #stopped(): Promise<TrainResult> {
    const { course, log, saver } = this.run;
    await saver.saveLast();
    log.info(`stopped at step ${course.position.step} of ${course.plan.total}; --resume goes on from here`);
    await this.#conclude(null);
    return this.#result(true, null);
  }

  /** Says how many images were left out so far, when there are more than at the last time. */
  #tellOfSkipped(): void {
    const skipped = this.#skipped();
    if (skipped.size === this.#told) return;
    this.#told = skipped.size;
    const [first] = skipped.values();
    if (skipped.size === this.run.course.plan.main.loader.dataset.size)
      throw new UserError(`not one training image can be read: ${first}`);
    this.run.log.warn(
      `${skipped.size} bad training images left out so far: ${first}${skipped.size > 1 ? ", ..." : ""}`,
    );
  }

  /** Bad training images, by their index: each phase of the run meets its own. */
  #skipped(): Map<number, string> {
    return new Map(this.run.course.plan.phases.flatMap(({ loader }) => [...loader.skipped]));
  }

  /** Leaves the report; its path, and the test split's PCK where there is one, are the run's last lines. */
  async #conclude(test: Evaluation | null): Promise<void> {
    const { course, log, progress } = this.run;
    const report = await conclude(this.run, test ?? this.#evaluator.valid);
    progress.stop();
    if (test) {
      const threshold = course.plan.config.select_threshold;
      const meanPose = test.scores.meanPose.original[String(threshold)];
      log.info(`PCK@${threshold} ${course.scoreOf(test).toFixed(3)} (mean pose ${meanPose.toFixed(3)})`);
    }
    log.info(`report: ${report}`);
  }

  #result(interrupted: boolean, test: Evaluation | null): TrainResult {
    const { course, options } = this.run;
    return {
      out: options.out,
      steps: course.position.step,
      epoch: epochOfLastStep(course.position),
      parameters: course.learner.network.parameters.count,
      interrupted,
      skipped: this.#skipped().size,
      lastLoss: course.lastLoss,
      valid: this.#evaluator.valid,
      test,
    };
  }
}
