import type { Gpu } from "../../engine/index";
import type { Config } from "../config/index";
import { augmentBatch } from "../data/augment/index";
import { batchParts, type Learner, type StepOutcome } from "../step/index";
import { type Part, stepsOf } from "./course";
import { initialiseLearner } from "./initialise";
import { STEPS_IN_FLIGHT } from "./stepper";

/**
 * Steps of each part that are timed, after one that compiles the pipelines: so many, or for so long in milliseconds. A busy
 * machine's pace changes from one second to the next; where another variant may be taken, a rough figure will do.
 */
const TIMED = { rough: { steps: 12, ms: 2000 }, precise: { steps: 60, ms: 8000 } };

/** Share of the minutes that steps may take; the rest is for validation, checkpoints and pictures. */
const SHARE = 0.9;

/** Fewer steps teach nothing. */
const LEAST = 20;

/**
 * How many steps fit `config.minutes` on this adapter, measured by a few trial steps of each part whose effect is undone.
 * The number is fixed here, once, and recorded in the run's configuration: schedules and resuming stay a matter of steps,
 * not of time.
 * @param spent milliseconds that are gone already
 * @param stop ends the measurement after the step in progress: it throws the signal's reason
 */
export async function stepsThatFit(
  gpu: Gpu,
  learner: Learner,
  parts: readonly Part[],
  config: Config,
  spent: number,
  stop?: AbortSignal,
): Promise<number> {
  const begun = performance.now();
  initialiseLearner(learner, config);
  const shares = config.progressive.map(({ share }) => share);
  shares.push(shares.reduce((left, share) => left - share, 1));
  const timed = config.when_slow ? TIMED.rough : TIMED.precise;
  let stepMs = 0;
  for (const [i, part] of parts.entries()) stepMs += shares[i] * (await timeSteps(gpu, learner, part, timed, stop));
  learner.resetOptimizer();
  const left = SHARE * config.minutes! * 60_000 - spent - (performance.now() - begun);
  const whole = stepsOf(config, parts[parts.length - 1].loader.batchesPerEpoch);
  return Math.min(whole, Math.max(LEAST, Math.floor(left / stepMs)));
}

/** The time of a step in milliseconds, with as many under way as in training; of the first one where there is no other. */
async function timeSteps(
  gpu: Gpu,
  learner: Learner,
  { config, source, loader, perPass }: Part,
  most: { steps: number; ms: number },
  stop?: AbortSignal,
): Promise<number> {
  const settings = { batch: config.batch_size, limbWeight: 0, partWeight: 0, norm: config.loss_norm };
  const underWay: Promise<StepOutcome>[] = [];
  let begun = performance.now();
  let first = 0;
  let steps = 0;
  for await (const batch of loader.batches(1)) {
    stop?.throwIfAborted();
    learner.step(batchParts(gpu, source, config, augmentBatch(config, batch), perPass), settings, 0);
    underWay.push(learner.outcome());
    if (first === 0) {
      await underWay.shift();
      first = performance.now() - begun;
      begun = performance.now();
      continue;
    }
    steps++;
    while (underWay.length > STEPS_IN_FLIGHT) await underWay.shift();
    if (steps === most.steps || performance.now() - begun > most.ms) break;
  }
  await Promise.all(underWay);
  return steps === 0 ? first : (performance.now() - begun) / steps;
}
