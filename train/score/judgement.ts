import type { Dataset, Pose } from "../data/index";
import { type Accuracy, measureAccuracy } from "./accuracy";
import { type Scores, scorePredictions } from "./scores";

/** A prediction in the stored image's pixels. */
export interface Prediction {
  /** Image name. */
  name: string;
  /** [21, 2], x and y; NaN for a joint without a prediction. */
  joints: number[][];
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
  /** Joints of the constant mean pose, relative to the image's size: [21, 2]. */
  meanPose: Float64Array;
  thresholds: readonly number[];
  /** Images that could not be read. */
  skipped: number;
}

export function judge({ dataset, predictions, poses, meanPose, thresholds, skipped }: Judged): Judgement {
  return {
    split: dataset.splitName,
    images: poses.length,
    scores: scorePredictions(predictions, poses, meanPose, thresholds),
    accuracy: measureAccuracy(predictions.map(({ joints }, n) => ({ pose: poses[n], joints }))),
    predictions,
    skipped,
  };
}
