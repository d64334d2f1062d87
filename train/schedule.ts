import type { Config } from "./config";

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
