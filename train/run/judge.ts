import { join } from "node:path";
import { UserError } from "../../engine/index";
import { loadCheckpoint } from "../files/node";
import { FILES, writeEvaluation, writeSamples } from "../record/node";
import { type Evaluation, evaluate, meanPose } from "../score/index";
import { loadWeights } from "../step/index";
import type { OpenRun } from "./open";
import { epochOfLastStep, type Position } from "./saver";

/** Validates a run, keeps its best checkpoint, and tests by it. A signal ends an evaluation: its reason is thrown. */
export class Judge {
  /** The last validation. */
  valid: Evaluation | null = null;
  #meanPose = new Float64Array(42);

  /** @param at where the run stands: the validation that is due, and the best score, are brought up to date @param save saves that */
  constructor(
    readonly run: OpenRun,
    readonly at: Position,
    readonly save: () => Promise<void>,
  ) {}

  /** Finds what predictions are held against. */
  async begin(): Promise<void> {
    const { course, options } = this.run;
    this.#meanPose = await meanPose(course.main.source.split("train"), options.stop);
  }

  /** Validates the weights as they stand, and keeps them where they are the best so far. */
  async validate(): Promise<void> {
    const { config } = this.run.options;
    const result = await this.#evaluate("valid");
    this.valid = result;
    const score = result.scores.original.pck[String(config.select_threshold)];
    const better = this.at.best === null || score > this.at.best;
    const epoch = epochOfLastStep(this.at);
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
    this.at.validationDue = false;
    if (better) {
      this.at.best = score;
      await this.run.journal.during("checkpoints", () => this.run.saver.saveBest(this.at));
    }
    this.run.stepper.restartClock();
  }

  /** The test split by the best checkpoint, as the original ends its runs. */
  async test(): Promise<Evaluation> {
    const { config } = this.run.options;
    await this.#loadBest();
    const result = await this.#evaluate("test");
    for (const t of config.pck_thresholds) {
      const [ours, mean] = [result.scores.original.pck[String(t)], result.scores.meanPose.original[String(t)]];
      this.run.log.info(`test PCK@${t} ${ours.toFixed(4)} (mean pose ${mean.toFixed(4)})`);
    }
    return result;
  }

  /** The best weights into the network; the last ones stay there, and become the best, where those cannot be read. */
  async #loadBest(): Promise<void> {
    const path = join(this.run.options.out, FILES.best);
    try {
      const { parameters } = loadCheckpoint(path, { weightsOnly: true });
      loadWeights(this.run.learner.network.parameters, parameters, path);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      this.run.log.warn(`${error.message}; the last weights take its place`);
      this.at.best = null;
      await this.validate();
      await this.save();
    }
  }

  /** Evaluates a split and puts the outcome on record. */
  async #evaluate(split: "valid" | "test"): Promise<Evaluation> {
    const { gpu, config, out, stop } = this.run.options;
    const at = { epoch: epochOfLastStep(this.at), step: this.at.step };
    return this.run.journal.during(split === "test" ? "test" : "validation", async () => {
      const { source, perPass: imagesPerPass } = this.run.course.main;
      const evaluation = {
        ...{ gpu, network: this.run.learner.network, config, source, dataset: source.split(split) },
        ...{ meanPose: this.#meanPose, imagesPerPass, stop },
      };
      const result = await gpu.pool.frugally(() => evaluate(evaluation));
      await writeEvaluation(out, result, at);
      await this.run.journal.evaluation(result, at);
      return result;
    });
  }
}
