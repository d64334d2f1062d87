import { join } from "node:path";
import type { Gpu } from "../../engine/index";
import type { Config } from "../config/index";
import type { Contents } from "../data/index";
import { type Checkpoint, computedOn, saveCheckpoint } from "../files/node";
import { FILES } from "../record/node";
import { type Learner, readParameters } from "../step/index";

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

/** The epoch that the last step belonged to. */
export const epochOfLastStep = ({ batchInEpoch, epoch }: Position): number =>
  batchInEpoch === 0 ? Math.max(1, epoch - 1) : epoch;

export interface SaverOptions {
  gpu: Gpu;
  config: Config;
  out: string;
  learner: Learner;
  contents: Contents | null;
  /** What `last` holds; null where there is none, or a damaged one. */
  saved: Position | null;
}

/** Saves a run's checkpoints: the last two, and the best. */
export class Saver {
  /** The position that `last` holds, as JSON. */
  #saved: string | null;

  constructor(readonly run: SaverOptions) {
    this.#saved = run.saved && JSON.stringify(run.saved);
  }

  /** Saves where the run stands, unless that was the last thing saved. Every step must have been drained. */
  async saveLast(at: Position): Promise<void> {
    const position = JSON.stringify(at);
    if (position === this.#saved) return;
    // A damaged one does not take the place of the whole one before it.
    await this.#save(FILES.last, at, this.#saved === null ? undefined : FILES.previous);
    this.#saved = position;
  }

  async saveBest(at: Position): Promise<void> {
    await this.#save(FILES.best, at);
  }

  async #save(name: string, at: Position, previous?: string): Promise<void> {
    const { gpu, config, out, learner, contents } = this.run;
    const checkpoint: Checkpoint = {
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
    };
    await saveCheckpoint(join(out, name), checkpoint, previous && join(out, previous));
  }
}
