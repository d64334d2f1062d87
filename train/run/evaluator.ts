import { join } from "node:path";
import { UserError } from "../../engine/index";
import { epochOfLastStep } from "../course/index";
import { loadCheckpoint } from "../files/node";
import { FILES, writeEvaluation, writeSamples } from "../record/node";
import type { Evaluation } from "../score/index";
import { loadWeights } from "../step/index";
import type { OpenRun } from "./open";

/** Validates a run, keeps its best checkpoint, and tests by it. A signal ends an evaluation: its reason is thrown. */
export class Evaluator {
  /** The last validation. */
  valid: Evaluation | null = null;

  constructor(readonly run: OpenRun) {}

  /** Validates the weights as they stand, and keeps them where they are the best so far. */
  async validate(): Promise<void> {
    const { course, options, journal, saver } = this.run;
    const { gpu, out, stop } = options;
    const result = await this.#evaluate("valid");
    this.valid = result;
    const best = course.isBest(result);
    this.#tell(result, best);
    await journal.during("pictures", async () => {
      const { config, main } = course.plan;
      const name = `epoch_${String(epochOfLastStep(course.position)).padStart(3, "0")}`;
      const where = { gpu, config, out, stop };
      await gpu.pool.frugally(() => writeSamples(where, course.learner.network, main.source, name));
    });
    course.accept(result);
    if (best) await saver.saveBest();
  }

  #tell(result: Evaluation, best: boolean): void {
    const { course, log } = this.run;
    const threshold = course.plan.config.select_threshold;
    const meanPose = result.scores.meanPose.original[String(threshold)];
    log.info(
      `epoch ${epochOfLastStep(course.position)}: valid loss ${result.loss.toFixed(6)} ` +
        `(best constant maps ${result.constantLoss.toFixed(6)}), PCK@${threshold} ${course.scoreOf(result).toFixed(4)} ` +
        `(mean pose ${meanPose.toFixed(4)})${best ? ", best so far" : ""}`,
    );
  }

  /** The test split by the best checkpoint, as the original ends its runs. */
  async test(): Promise<Evaluation> {
    await this.#loadBest();
    const result = await this.#evaluate("test");
    for (const t of this.run.course.plan.config.pck_thresholds) {
      const [ours, mean] = [result.scores.original.pck[String(t)], result.scores.meanPose.original[String(t)]];
      this.run.log.info(`test PCK@${t} ${ours.toFixed(4)} (mean pose ${mean.toFixed(4)})`);
    }
    return result;
  }

  /** The best weights into the network; the last ones stay there, and become the best, where those cannot be read. */
  async #loadBest(): Promise<void> {
    const { course, options, log, saver } = this.run;
    const path = join(options.out, FILES.best);
    try {
      const { parameters } = loadCheckpoint(path, { weightsOnly: true });
      loadWeights(course.learner.network.parameters, parameters, path);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      log.warn(`${error.message}; the last weights take its place`);
      course.forgetBest();
      await this.validate();
      await saver.saveLast();
    }
  }

  /** Evaluates a split and puts the outcome on record. */
  async #evaluate(split: "valid" | "test"): Promise<Evaluation> {
    const { course, journal, options } = this.run;
    const { out, stop } = options;
    const at = { epoch: epochOfLastStep(course.position), step: course.position.step };
    return journal.during(split === "test" ? "test" : "validation", async () => {
      const result = await course.evaluate(course.plan.main.source.split(split), { stop });
      await writeEvaluation(out, result, at);
      await journal.evaluation(result, at);
      return result;
    });
  }
}
