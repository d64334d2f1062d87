import { join } from "node:path";
import type { Gpu } from "../../engine/gpu";
import type { Config } from "../config";
import type { Contents } from "../data/contents";
import { saveCheckpoint } from "../files/checkpoint";
import { computedOn } from "../files/tuning";
import type { Learner } from "../learner";
import { FILES } from "./outputs";
import { readParameters } from "./state";

/** Where a run stands. */
export interface Position {
  /** Steps taken. */
  step: number;
  /** The epoch in progress (from 1), and batches of it that are done. */
  epoch: number;
  batchInEpoch: number;
  /** Best validation score so far, null before the first. */
  best: number | null;
  /** The epoch that has just ended is still to be validated. */
  validationDue: boolean;
}

/** Saves a run's checkpoints. */
export class Saver {
  /** The position that `last` holds, as JSON. */
  #saved = "";

  constructor(readonly run: { gpu: Gpu; config: Config; out: string; learner: Learner; contents: Contents | null }) {}

  /** Saves where the run stands, unless that was the last thing saved. Every step must have been drained. */
  async saveLast(at: Position): Promise<void> {
    const position = JSON.stringify(at);
    if (position === this.#saved) return;
    await this.#save(FILES.last, at);
    this.#saved = position;
  }

  async saveBest(at: Position): Promise<void> {
    await this.#save(FILES.best, at);
  }

  async #save(name: string, at: Position): Promise<void> {
    const { gpu, config, out, learner, contents } = this.run;
    await saveCheckpoint(join(out, name), {
      adapter: computedOn(gpu),
      epoch: at.epoch,
      step: at.step,
      stepInEpoch: at.batchInEpoch,
      seed: config.seed,
      rng: null, // every random choice is a function of (seed, epoch), see rng.ts
      bestScore: at.best,
      validationDue: at.validationDue,
      lossScale: await learner.adam.scaling(),
      config,
      contents,
      parameters: await readParameters(learner),
    });
  }
}
