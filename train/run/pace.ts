import type { Gpu } from "../../engine/gpu";
import { augmentBatch } from "../augment/batch";
import type { Config } from "../config";
import type { Loader } from "../data/loader";
import { batchParts } from "../feed";
import type { Learner } from "../learner";
import type { Source } from "../source";
import { initialiseLearner } from "./initialise";

/** Steps that are timed, after one that compiles the pipelines. */
const TIMED = 4;

/** Share of the minutes that steps may take; the rest is for validation, checkpoints and pictures. */
const SHARE = 0.85;

/** Fewer steps teach nothing. */
const LEAST = 20;

/**
 * How many steps fit `config.minutes` on this adapter, measured by a few trial steps whose effect is undone. The number is
 * fixed here, once, and recorded in the run's configuration: schedules and resuming stay a matter of steps, not of time.
 */
export async function stepsThatFit(
  gpu: Gpu,
  learner: Learner,
  source: Source,
  loader: Loader,
  config: Config,
  perPass: number,
): Promise<number> {
  initialiseLearner(learner, config);
  const settings = { batch: config.batch_size, limbWeight: 0, partWeight: 0, norm: config.loss_norm };
  const spent: number[] = [];
  for await (const batch of loader.batches(1)) {
    const begun = performance.now();
    learner.step(batchParts(gpu, source, config, augmentBatch(config, batch), perPass), settings, 0);
    await learner.outcome();
    spent.push(performance.now() - begun);
    if (spent.length > TIMED) break;
  }
  learner.resetOptimizer();
  const timed = spent.slice(1).sort((a, b) => a - b);
  const stepMs = timed[Math.floor(timed.length / 2)] ?? spent[0];
  return Math.max(LEAST, Math.floor((SHARE * config.minutes! * 60_000 - spent[0]) / stepMs));
}
