import type { LossRecord } from "../losses";

/** One line of metrics.jsonl: a step, its loss and the loss's parts (unweighted), and what it took. */
export interface StepLine extends LossRecord {
  step: number;
  /** From 1. */
  epoch: number;
  lr: number;
  limb_weight: number;
  grad_norm: number;
  /** Milliseconds, decoding, GPU and all. */
  ms: number;
  images: number;
}
