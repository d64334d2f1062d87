import type { Config } from "../config/index";

/** Where a step stands in its run. Steps and epochs count from 1. */
export interface Moment {
  step: number;
  /** Steps of the whole run. */
  total: number;
  /** By the experiment's own count. */
  epoch: number;
}

/** What a step is taken with. */
export interface Schedule {
  lr: number;
  limbWeight: number;
}

/** The learning rate and the weight of the limb loss at a step. */
export function scheduleAt(config: Config, { step, total, epoch }: Moment): Schedule {
  const lr =
    config.lr_schedule === "one-cycle"
      ? oneCycle(config.learning_rate, (step - 1) / total)
      : learningRate(config, epoch);
  return { lr, limbWeight: limbWeight(config, epoch) };
}

/** Part of the run in which the rate rises, and what it starts from and ends at, as parts of the highest. */
const WARM_UP = 0.15;
const FIRST = 0.1;
const LAST = 0.01;

/**
 * One cycle: linearly up, then down along half a cosine. (Smith and Topin, "Super-convergence", 2018; the cosine is
 * Loshchilov and Hutter's, ICLR 2017.)
 * @param peak the highest rate @param progress the part of the run that is done, from 0; past 1 the rate stays
 */
export function oneCycle(peak: number, progress: number): number {
  if (progress < WARM_UP) return peak * (FIRST + (1 - FIRST) * (progress / WARM_UP));
  const down = Math.min(1, (progress - WARM_UP) / (1 - WARM_UP));
  return peak * (LAST + (1 - LAST) * 0.5 * (1 + Math.cos(Math.PI * down)));
}

/**
 * Learning rate and limb weight by epoch (counted from 1), by the rules of the original's main.py. Both are pure
 * functions of the epoch, repeated multiplication and all: 0.1 * 0.1 is 0.010000000000000002, and so it is there.
 */

/** Divided in the original by 2 (times `lr_decay_factor`) at the END of every `lr_decay_epoch`-th epoch; 0 is never. */
export function learningRate(
  config: Pick<Config, "learning_rate" | "lr_decay_epoch" | "lr_decay_factor">,
  epoch: number,
): number {
  return decayed(config.learning_rate, config.lr_decay_factor, decays(config.lr_decay_epoch, epoch - 1));
}

/** Multiplied by `w_decay_ratio` at the START of every `weight_decay`-th epoch; 0 is never. */
export function limbWeight(config: Pick<Config, "weight" | "weight_decay" | "w_decay_ratio">, epoch: number): number {
  return decayed(config.weight, config.w_decay_ratio, decays(config.weight_decay, epoch));
}

function decays(every: number, epochs: number): number {
  return every > 0 ? Math.floor(epochs / every) : 0;
}

function decayed(value: number, ratio: number, times: number): number {
  for (let i = 0; i < times; i++) value *= ratio;
  return value;
}
