import type { LossRecord } from "./losses";

/** One line of metrics.jsonl: a step, its loss and the loss's parts (unweighted), and what it took. */
export interface StepLine extends LossRecord {
  step: number;
  /** From 1. */
  epoch: number;
  lr: number;
  limb_weight: number;
  /** Not finite (null in JSON) in mixed precision where gradients overflowed under the loss scale: the step changed nothing. */
  grad_norm: number;
  /** In mixed precision: what the loss was multiplied by before backward. */
  loss_scale?: number;
  /** Milliseconds, decoding, GPU and all. */
  ms: number;
  images: number;
}
