import { type Budget, type Phase, STEPS_IN_FLIGHT } from "../course/index";
import { augmentBatch } from "../data/augment/index";
import type { Batch } from "../data/index";
import { type Learner, microBatches } from "../step/index";
import { initialiseLearner } from "./initialise";

/** Steps that are timed at most, or for so long in milliseconds, after one that compiles the pipelines. */
interface Sample {
  steps: number;
  ms: number;
}

/** Where another variant may be taken, a rough figure will do. */
const ROUGH: Sample = { steps: 24, ms: 4000 };
const PRECISE: Sample = { steps: 60, ms: 8000 };

/**
 * What a step of each phase takes on this adapter, in milliseconds, by a few trial steps whose effect is undone. The
 * learner's weights are the experiment's first ones afterwards, trained a little.
 * @param stop ends the measurement after the step in progress: its reason is thrown
 */
export async function measurePace(
  learner: Learner,
  budget: Budget,
  phases: readonly Phase[],
  stop?: AbortSignal,
): Promise<number[]> {
  initialiseLearner(learner, budget.experiment);
  const sample = budget.slow ? ROUGH : PRECISE;
  const stepMs: number[] = [];
  for (const phase of phases) stepMs.push(await paceOf(learner, phase, sample, stop));
  learner.resetOptimizer();
  return stepMs;
}

async function paceOf(learner: Learner, phase: Phase, sample: Sample, stop?: AbortSignal): Promise<number> {
  const { config, source, loader, perPass } = phase;
  const settings = { batch: config.batch_size, limbWeight: 0, partWeight: 0, norm: config.loss_norm };
  const take = (batch: Batch): Promise<unknown> => {
    stop?.throwIfAborted();
    learner.step(microBatches(learner.gpu, source, config, augmentBatch(config, batch), perPass), settings, 0);
    return learner.outcome();
  };
  const msOfImage = await timeImages(loader.batches(1), take, sample);
  return msOfImage * (loader.dataset.size / loader.batchesPerEpoch);
}

/**
 * The time of a training image in milliseconds, with as many steps under way as in training: the lower quartile of what single
 * steps take. A machine that has other work too has slow moments, and a mean over a few seconds would take one of these for
 * its pace. The first step, which compiles, counts where there is no other.
 * @param take queues a step on a batch, and resolves when it has ended @param now a clock, in milliseconds
 */
export async function timeImages<B extends { examples: readonly unknown[] }>(
  batches: AsyncIterable<B>,
  take: (batch: B) => Promise<unknown>,
  most: Sample,
  now: () => number = () => performance.now(),
): Promise<number> {
  const underWay: { images: number; ended: Promise<unknown> }[] = [];
  const times: number[] = [];
  let lastEnd = now();
  const endOne = async () => {
    const { images, ended } = underWay.shift()!;
    await ended;
    const end = now();
    times.push((end - lastEnd) / images);
    lastEnd = end;
  };
  let taken = 0;
  let compiled = 0;
  for await (const batch of batches) {
    underWay.push({ images: batch.examples.length, ended: take(batch) });
    if (taken++ === 0) {
      await endOne();
      compiled = lastEnd;
    }
    while (underWay.length > STEPS_IN_FLIGHT) await endOne();
    if (taken > most.steps || now() - compiled > most.ms) break;
  }
  while (underWay.length > 0) await endOne();
  return lowerQuartile(times.length > 1 ? times.slice(1) : times);
}

const lowerQuartile = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 4)] ?? 0;
