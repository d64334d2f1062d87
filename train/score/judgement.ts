import type { Dataset } from "../data/index";
import type { Points, Pose } from "../pose/index";
import { type Accuracy, measureAccuracy } from "./accuracy";
import { type Scores, scorePredictions } from "./scores";

/** A prediction in the stored image's pixels. */
export interface Prediction {
  /** Image name. */
  name: string;
  /** [J, 2]; NaN for a joint without a prediction. */
  points: Points;
  /** The maximum of each joint's map; null where nothing is known of it. */
  confidence: number[] | null;
}

/** Predictions held against a split's labels. */
export interface Judgement {
  split: string;
  images: number;
  scores: Scores;
  accuracy: Accuracy;
  predictions: Prediction[];
  skipped: number;
}

export interface Judged {
  dataset: Dataset;
  predictions: Prediction[];
  /** The true hands, in the same order. */
  poses: readonly Pose[];
  /** Joints of the constant mean pose, relative to the image's size: [J, 2]. */
  meanPose: Points;
  thresholds: readonly number[];
  /** Images that could not be read. */
  skipped: number;
}

export function judge({ dataset, predictions, poses, meanPose, thresholds, skipped }: Judged): Judgement {
  return {
    split: dataset.splitName,
    images: poses.length,
    scores: scorePredictions(predictions, poses, meanPose, thresholds),
    accuracy: measureAccuracy(
      dataset.skeleton,
      predictions.map(({ points }, n) => ({ pose: poses[n], points })),
    ),
    predictions,
    skipped,
  };
}
