import { join } from "node:path";
import { writeFileAtomic } from "../../model/files/node";
import type { Evaluation } from "../score/index";
import { predictionsJson } from "../score/node";

/** Everything a run leaves in its folder. */
export const FILES = {
  config: "config.json",
  log: "train.log",
  metrics: "metrics.jsonl",
  last: "last.safetensors",
  /** The one before the last, to go on from where that one is damaged. */
  previous: "previous.safetensors",
  best: "best.safetensors",
  /** A table of evaluations, newest last. */
  pck: (split: string) => `${split}_pck.json`,
  predictions: (split: string) => `${split}_predictions.json`,
  /** A line an evaluation, and a line a session: see journal.ts. */
  evaluations: "evaluations.jsonl",
  sessions: "sessions.jsonl",
  /** Folder of pictures, one an epoch (`epoch_001.png`), and the masks of a training image. */
  samples: "samples",
  masks: "masks.png",
  /** Folder of the images that were predicted worst, and what they are. */
  worst: "worst",
  worstIndex: "index.json",
  report: "report.html",
} as const;

/** Writes an evaluation's predictions and figures. */
export async function writeEvaluation(
  out: string,
  result: Evaluation,
  at: { epoch: number; step: number },
): Promise<void> {
  const { predictions: _, ...figures } = result;
  await writeFileAtomic(join(out, FILES.predictions(result.split)), predictionsJson(result.predictions));
  await writeFileAtomic(join(out, FILES.pck(result.split)), `${JSON.stringify({ ...at, ...figures }, null, 2)}\n`);
}
