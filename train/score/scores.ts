import { listPoints, type Points, type Pose } from "../pose/index";
import { placeMeanPose } from "./mean-pose";
import { type Pck, pckOriginal, pckVisible } from "./pck";

/** How good a set of predictions is, beside what the constant mean pose would score on the same hands. */
export interface Scores {
  /** As the original computes it. */
  original: Pck;
  /** Over visible joints alone, by the tight box where it is known. */
  visible: Pck;
  /** Both for the mean of the training labels, by threshold. */
  meanPose: { original: Record<string, number>; visible: Record<string, number> };
  /** Joints without a prediction, because their confidence map held a NaN. */
  undecodable: number;
}

/**
 * @param predictions joints of each hand, [J, 2] in pixels of the stored image
 * @param poses the true ones, in the same order
 * @param meanPose of the training labels, [J, 2] as fractions of the image's size
 */
export function scorePredictions(
  predictions: readonly { points: Points }[],
  poses: readonly Pose[],
  meanPose: Points,
  thresholds: readonly number[],
): Scores {
  const hands = predictions.map(({ points }, n) => ({ pose: poses[n], points }));
  const constant = poses.map((pose) => ({ pose, points: placeMeanPose(meanPose, pose) }));
  return {
    original: pckOriginal(hands, thresholds),
    visible: pckVisible(hands, thresholds),
    meanPose: {
      original: pckOriginal(constant, thresholds).pck,
      visible: pckVisible(constant, thresholds).pck,
    },
    undecodable: predictions.flatMap(({ points }) => listPoints(points)).filter(([x]) => Number.isNaN(x)).length,
  };
}
