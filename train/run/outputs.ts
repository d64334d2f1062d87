import { join } from "node:path";
import { writeFileAtomic } from "../../model/files";
import type { Evaluation } from "../evaluate";
import type { LossRecord } from "../losses";

/** Everything a run leaves in its folder. */
export const FILES = {
  config: "config.json",
  log: "train.log",
  metrics: "metrics.jsonl",
  last: "last.safetensors",
  best: "best.safetensors",
  /** A table of evaluations, newest last. */
  pck: (split: string) => `${split}_pck.json`,
  predictions: (split: string) => `${split}_predictions.json`,
  samples: "samples",
} as const;

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

/** Writes an evaluation's predictions and figures. */
export async function writeEvaluation(
  out: string,
  result: Evaluation,
  at: { epoch: number; step: number },
): Promise<void> {
  const { predictions: _, ...figures } = result;
  await writeFileAtomic(join(out, FILES.predictions(result.split)), predictionsJson(result));
  await writeFileAtomic(join(out, FILES.pck(result.split)), `${JSON.stringify({ ...at, ...figures }, null, 2)}\n`);
}

/** Predictions as JSON: by image name, 21 joints [x, y] in its pixels and each map's maximum. */
export function predictionsJson({ predictions }: Evaluation): string {
  const entries = predictions.map(({ name, joints, confidence }) => [name, { joints, confidence }]);
  return `${JSON.stringify(Object.fromEntries(entries), null, 1)}\n`;
}

/** An evaluation for a terminal. */
export function evaluationLines({ split, images, loss, constantLoss, scores, skipped }: Evaluation): string[] {
  const thresholds = Object.keys(scores.original.pck);
  const row = (name: string, values: Record<string, number>) =>
    `${name.padEnd(34)}${thresholds.map((t) => values[t].toFixed(4).padStart(8)).join("")}`;
  return [
    `${split}: ${images} images${skipped ? `, ${skipped} bad ones left out` : ""}`,
    `loss ${loss.toFixed(6)} (best constant maps ${constantLoss.toFixed(6)})`,
    `${"PCK at".padEnd(34)}${thresholds.map((t) => t.padStart(8)).join("")}`,
    row("as the original computes it", scores.original.pck),
    row("  mean pose", scores.meanPose.original),
    row("visible joints, tight box", scores.visible.pck),
    row("  mean pose", scores.meanPose.visible),
  ];
}
