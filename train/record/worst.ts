import { join } from "node:path";
import { UserError } from "../../engine/index";
import { ensureFolder, writeFileAtomic } from "../../model/files/node";
import { type Dataset, denormalise } from "../data/index";
import { predictionPicture } from "../pictures/node";
import { movePoints, type Points, type Pose } from "../pose/index";
import { distances, type Evaluation, longerSide, type Prediction } from "../score/index";
import { FILES } from "./outputs";

/** How many are drawn. */
const WORST = 8;

/** An entry of worst/index.json: the pictures in their order, the worst first. */
export interface WorstCase {
  file: string;
  name: string;
  split: string;
  /** Mean distance of the visible joints from their labels, as a share of the hand's longer side. */
  error: number;
}

/** Draws the images of an evaluation that were predicted worst, into the run's folder `worst`. */
export async function writeWorst(out: string, dataset: Dataset, evaluation: Evaluation): Promise<void> {
  const folder = join(out, FILES.worst);
  await ensureFolder(folder);
  const worst: WorstCase[] = [];
  for (const { index, pose, prediction, error } of await findWorst(dataset, evaluation.predictions, WORST)) {
    const { input } = await dataset.load(index);
    const side = dataset.imageSize;
    const toInput = (points: Points) =>
      movePoints(points, ([x, y]) => [(x * side) / pose.width, (y * side) / pose.height]);
    const picture = await predictionPicture({
      skeleton: dataset.skeleton,
      image: { width: side, height: side, pixels: denormalise(input, side, side).data },
      points: { predicted: toInput(prediction.points), true: toInput(pose.points) },
    });
    const file = `${String(worst.length + 1).padStart(2, "0")}.png`;
    await writeFileAtomic(join(folder, file), [picture]);
    worst.push({ file, name: pose.name, split: evaluation.split, error });
  }
  await writeFileAtomic(join(folder, FILES.worstIndex), `${JSON.stringify(worst, null, 1)}\n`);
}

interface Case {
  index: number;
  pose: Pose;
  prediction: Prediction;
  error: number;
}

/** The `most` images of a split whose predictions are farthest off, the worst first; images without one are left out. */
export async function findWorst(dataset: Dataset, predictions: readonly Prediction[], most: number): Promise<Case[]> {
  const byName = new Map(predictions.map((prediction) => [prediction.name, prediction]));
  const cases: Case[] = [];
  for (let index = 0; index < dataset.size; index++) {
    const pose = await dataset.pose(index).catch((error) => {
      if (error instanceof UserError) return null; // left out of the evaluation too
      throw error;
    });
    const prediction = pose && byName.get(pose.name);
    if (prediction) cases.push({ index, pose, prediction, error: meanError(pose, prediction) });
  }
  return cases.sort((a, b) => b.error - a.error || a.index - b.index).slice(0, most);
}

/** A joint without a prediction counts as a whole hand off; a hand without visible joints has no error. */
function meanError(pose: Pose, { points }: Prediction): number {
  const errors = distances({ pose, points })
    .map((distance) => (Number.isNaN(distance) ? 1 : distance / longerSide(pose)))
    .filter((_, j) => pose.visible?.[j] ?? true);
  return errors.reduce((sum, error) => sum + error, 0) / Math.max(1, errors.length);
}
