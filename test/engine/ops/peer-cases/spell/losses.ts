import type { Tensor } from "../../../../../engine/core/tensor";
import { addScalar, div, mean, mul, scale, sum } from "../../../../../engine/ops/index";

/** How losses of single elements become one: not at all, their mean, their sum, or their sum over so many. */
export type Reduction = "none" | "mean" | "sum" | number;

export interface LossAttrs {
  reduction: Reduction;
}

/** The origin's weighted loss: a mean is one over the weights, which broadcast. */
export function reduced(losses: Tensor, weights: Tensor | undefined, reduction: Reduction): Tensor {
  const weighted = weights ? mul(losses, weights) : losses;
  if (reduction === "none") return weighted;
  if (reduction === "sum") return sum(weighted);
  if (reduction !== "mean") return scale(sum(weighted), 1 / reduction);
  return weights ? div(sum(weighted), scale(sum(weights), losses.size / weights.size)) : mean(losses);
}

export const smooth = (labels: Tensor, by: number, towards: number): Tensor =>
  addScalar(scale(labels, 1 - by), by * towards);
