import { existsSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../../engine/errors";
import { augmentBatch } from "../augment/batch";
import { onFolder } from "../config";
import { type Evaluation, evaluate } from "../evaluate";
import { loadCheckpoint, saveCheckpoint } from "../files/checkpoint";
import { lockFolder } from "../files/lock";
import { computedOn } from "../files/tuning";
import { meanPose } from "../metrics/mean-pose";
import { conclude } from "./conclude";
import { type OpenRun, openRun, type TrainOptions } from "./open";
import { FILES, writeEvaluation } from "./outputs";
import { writeMasks, writeSamples } from "./samples";
import { loadWeights, readParameters } from "./state";
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

/** Trains an experiment from its start or its last checkpoint to its end; see README for the files it leaves. */
export async function train(options: TrainOptions): Promise<TrainResult> {
  const lock = await lockFolder(options.out);
  try {
    const loop = new Loop(await openRun({ ...options, config: { ...onFolder(options.config, options.data) } }));
    try {
      return await loop.train();
    } catch (error) {
      loop.run.log.record(`ended by an error: ${(error as Error).message}`);
      throw error;
    } finally {
      await loop.close();
    }
  } finally {
    await lock.release();
  }
}

/** The loop over epochs: steps, validation, checkpoints, and the test at the end. */
class Loop {
  #step: number;
  /** The epoch in progress (from 1), and batches of it that are done. */
  #epoch: number;
  #batchInEpoch: number;
  #best: number | null;
  /** Bad images that the log has told of. */
  #told = 0;
  #valid: Evaluation | null = null;
  #meanPose = new Float64Array(42);

  constructor(readonly run: OpenRun) {
    const { step, epoch, batchInEpoch, best } = run.start;
    this.#step = step;
    this.#epoch = epoch;
    this.#batchInEpoch = batchInEpoch;
    this.#best = best;
  }

  /** From where the run stands to its end, or a signal. */
  async train(): Promise<TrainResult> {
    const { config, stop } = this.run.options;
    const { source } = this.run.course.main;
    this.#meanPose = await meanPose(source.split("train"));
    // Before the first step, so that no pipeline is made after it.
    await this.run.journal.during("pictures", () => writeMasks(this.run.options, source));
    this.run.journal.enter("steps");
    while (!this.#finished && !stop?.aborted) {
      const whole = await this.#epochOfSteps();
      if (!whole) break;
      this.#epoch++;
      this.#batchInEpoch = 0;
      if (this.#finished) break;
      if (this.#atFullSize && (this.#epoch - 1) % config.validate_every === 0) await this.#validate();
      await this.#save();
    }
    const interrupted = !this.#finished && stop?.aborted === true;
    if (interrupted) {
      await this.#save();
      this.run.log.info(`stopped at step ${this.#step} of ${this.run.course.total}; --resume goes on from here`);
      await this.#conclude(null);
      return this.#result(interrupted, null);
    }
    await this.#validate();
    await this.#save();
    const test = await this.#test();
    this.run.log.info(
      `done: ${this.#step} steps; ${this.run.options.out} holds the checkpoints, predictions and pictures`,
    );
    await this.#conclude(test);
    return this.#result(interrupted, test);
  }

  /** The epoch that the last step belonged to. */
  get #epochOfLastStep(): number {
    return this.#batchInEpoch === 0 ? Math.max(1, this.#epoch - 1) : this.#epoch;
  }

  /** The last step was on images of the size that the run is judged at; on smaller ones nothing is known of that size yet. */
  get #atFullSize(): boolean {
    const { course } = this.run;
    return course.partAt(this.#step) === course.main;
  }

  /** All steps are done, or all epochs (fewer steps where bad images emptied batches). */
  get #finished(): boolean {
    const { course, options } = this.run;
    return this.#step >= course.total || this.#epoch > Math.max(options.config.epochs, course.epochs);
  }

  async close(): Promise<void> {
    this.run.progress.stop();
    await this.run.course.close();
    this.run.journal.close();
    this.run.learner.dispose();
  }

  /** Trains to the epoch's end, which a part's end is too. @returns false when the run's last step, or a signal, came first */
  async #epochOfSteps(): Promise<boolean> {
    const { options, course, stepper } = this.run;
    const { config, stop } = options;
    const part = course.partAt(this.#step + 1);
    const { loader } = part;
    let cut = false;
    for await (const batch of loader.batches(this.#epoch, this.#batchInEpoch)) {
      stepper.take(augmentBatch(part.config, batch), ++this.#step, this.#epoch);
      this.#batchInEpoch = course.endsPart(this.#step) ? loader.batchesPerEpoch : batch.index + 1;
      await stepper.drain(STEPS_IN_FLIGHT);
      if (config.checkpoint_every > 0 && this.#step % config.checkpoint_every === 0) await this.#save();
      cut = this.#step >= course.total || stop?.aborted === true;
      if (cut || this.#batchInEpoch >= loader.batchesPerEpoch) break;
    }
    await stepper.drain();
    this.#tellOfSkipped();
    return !cut || this.#batchInEpoch >= loader.batchesPerEpoch;
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

  async #save(name: string = FILES.last): Promise<void> {
    await this.run.stepper.drain();
    this.run.journal.sync();
    const { gpu, config, out } = this.run.options;
    await this.run.journal.during("checkpoints", async () =>
      saveCheckpoint(join(out, name), {
        adapter: computedOn(gpu),
        epoch: this.#epoch,
        step: this.#step,
        stepInEpoch: this.#batchInEpoch,
        seed: config.seed,
        rng: null, // every random choice is a function of (seed, epoch), see rng.ts
        bestScore: this.#best,
        lossScale: await this.run.learner.adam.scaling(),
        config,
        contents: this.run.contents,
        parameters: await readParameters(this.run.learner),
      }),
    );
  }

  async #validate(): Promise<void> {
    const { config } = this.run.options;
    const result = await this.#evaluate("valid");
    this.#valid = result;
    const score = result.scores.original.pck[String(config.select_threshold)];
    const better = this.#best === null || score > this.#best;
    const epoch = this.#epochOfLastStep;
    this.run.log.info(
      `epoch ${epoch}: valid loss ${result.loss.toFixed(6)} (best constant maps ${result.constantLoss.toFixed(6)}), ` +
        `PCK@${config.select_threshold} ${score.toFixed(4)} ` +
        `(mean pose ${result.scores.meanPose.original[String(config.select_threshold)].toFixed(4)})${better ? ", best so far" : ""}`,
    );
    await this.run.journal.during("pictures", async () => {
      const name = `epoch_${String(epoch).padStart(3, "0")}`;
      const { gpu } = this.run.options;
      await gpu.pool.frugally(() =>
        writeSamples(this.run.options, this.run.learner.network, this.run.course.main.source, name),
      );
    });
    if (better) {
      this.#best = score;
      await this.#save(FILES.best);
    }
    this.run.stepper.restartClock();
  }

  /** The test split by the best checkpoint, as the original ends its runs. */
  async #test(): Promise<Evaluation> {
    const { out, config } = this.run.options;
    const path = join(out, FILES.best);
    if (!existsSync(path)) await this.#validate();
    loadWeights(this.run.learner.network.parameters, loadCheckpoint(path, { weightsOnly: true }).parameters, path);
    const result = await this.#evaluate("test");
    for (const t of config.pck_thresholds) {
      const [ours, mean] = [result.scores.original.pck[String(t)], result.scores.meanPose.original[String(t)]];
      this.run.log.info(`test PCK@${t} ${ours.toFixed(4)} (mean pose ${mean.toFixed(4)})`);
    }
    return result;
  }

  /** Evaluates a split and puts the outcome on record. */
  async #evaluate(split: "valid" | "test"): Promise<Evaluation> {
    const { gpu, config, out } = this.run.options;
    const at = { epoch: this.#epochOfLastStep, step: this.#step };
    return this.run.journal.during(split === "test" ? "test" : "validation", async () => {
      const { source, perPass: imagesPerPass } = this.run.course.main;
      const evaluation = {
        ...{ gpu, network: this.run.learner.network, config, source, dataset: source.split(split) },
        ...{ meanPose: this.#meanPose, imagesPerPass },
      };
      const result = await gpu.pool.frugally(() => evaluate(evaluation));
      await writeEvaluation(out, result, at);
      this.run.journal.evaluation(result, at);
      return result;
    });
  }

  /** Leaves the report; its path, and the test split's PCK where there is one, are the run's last lines. */
  async #conclude(test: Evaluation | null): Promise<void> {
    const { gpu, config, out } = this.run.options;
    const { course, journal, learner } = this.run;
    const { total, main } = course;
    const parameters = learner.network.parameters.count;
    const judged = test ?? this.#valid;
    const report = await conclude({
      gpu,
      config,
      out,
      source: main.source,
      journal,
      step: this.#step,
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
      steps: this.#step,
      epoch: this.#epochOfLastStep,
      parameters: this.run.learner.network.parameters.count,
      interrupted,
      skipped: this.#skipped().size,
      lastLoss: this.run.stepper.lastLoss,
      valid: this.#valid,
      test,
    };
  }
}
