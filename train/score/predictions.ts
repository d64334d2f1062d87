import { UserError } from "../../engine/index";
import { parseJson, readText } from "../../model/files/node";
import type { Dataset } from "../data/index";
import { type Points, type Pose, pairsOf, pointsOf } from "../pose/index";
import { type Judgement, judge, type Prediction } from "./judgement";

/**
 * Predictions as JSON, by image name: as runs and `eval --predictions` write them,
 *
 *     { name: { "joints": [[x, y] x J], "confidence": [J numbers] } }
 *
 * or as the original writes them, `resol` being the image's width:
 *
 *     { name: { "pred_label": [[x, y] x J], "resol": width } }
 *
 * J being the joints of the skeleton, 21 for a hand. A joint that could not be decoded is [null, null].
 */
export function predictionsJson(predictions: readonly Prediction[]): string {
  const entries = predictions.map(({ name, points, confidence }) => [name, { joints: pairsOf(points), confidence }]);
  return `${JSON.stringify(Object.fromEntries(entries), null, 1)}\n`;
}

export interface JudgePredictionsOptions {
  path: string;
  dataset: Dataset;
  meanPose: Points;
  thresholds: readonly number[];
  skipBad?: boolean;
}

/**
 * Holds a file of predictions against a split's labels. The file may name more images than the split has.
 * @throws UserError for a file that is no such JSON, an image of the split without prediction, or one of another size
 */
export async function judgePredictions(options: JudgePredictionsOptions): Promise<Judgement> {
  const { path, dataset, skipBad } = options;
  const entries = readEntries(path);
  const poses: Pose[] = [];
  const predictions: Prediction[] = [];
  let skipped = 0;
  for (let i = 0; i < dataset.size; i++) {
    try {
      const pose = await dataset.pose(i);
      predictions.push(predictionOf(pose, entries, `${path}: ${pose.name}`));
      poses.push(pose);
    } catch (error) {
      if (!(skipBad && error instanceof UserError)) throw error;
      skipped++;
    }
  }
  if (poses.length === 0) throw new UserError(`${path}: no good image is left of ${dataset.size}`);
  return judge({ ...options, poses, predictions, skipped });
}

function readEntries(path: string): Map<string, unknown> {
  const json = parseJson(readText(path, "predicted joints by image name"), path);
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw new UserError(`${path}: expected a JSON object of predictions by image name`);
  }
  return new Map(Object.entries(json));
}

function predictionOf({ name, width, points }: Pose, entries: Map<string, unknown>, where: string): Prediction {
  if (!entries.has(name)) throw new UserError(`${where}: no prediction for this image of the split`);
  const entry = (entries.get(name) ?? {}) as Record<string, unknown>;
  const joints = entry.joints ?? entry.pred_label;
  const count = points.length / 2;
  if (!isPoints(joints, count)) {
    throw new UserError(`${where}: expected "joints" (or the original's "pred_label"): ${count} points [x, y]`);
  }
  if (entry.resol !== undefined && entry.resol !== width) {
    throw new UserError(`${where}: made for an image ${entry.resol} pixels wide; the dataset's has ${width}`);
  }
  const confidence = Array.isArray(entry.confidence) ? entry.confidence.map((value) => value ?? Number.NaN) : null;
  return { name, points: pointsOf(joints), confidence };
}

function isPoints(value: unknown, count: number): value is (number | null)[][] {
  const isPoint = (p: unknown) =>
    Array.isArray(p) && p.length === 2 && p.every((c) => c === null || Number.isFinite(c));
  return Array.isArray(value) && value.length === count && value.every(isPoint);
}
