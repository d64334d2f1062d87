import { JOINTS, type Pose } from "../data/dataset";

/** PCK, the percentage (here a fraction) of correct keypoints, over a set of hands. */
export interface Pck {
  /** By threshold. */
  pck: number[];
  /** [21] by joint, then by threshold; NaN for a joint that was never judged. */
  perJoint: number[][];
}

/** A hand with the joints that were predicted for it, [21, 2] in image pixels. */
export interface Prediction {
  pose: Pose;
  predicted: Float64Array;
}

/**
 * PCK as the original computes it: a joint is correct strictly within threshold x width / 2.2 (its crops are 2.2 times
 * the hand's box; the height plays no part), every joint counts, and the mean is one of the images' means.
 */
export function pckOriginal(hands: readonly Prediction[], thresholds: readonly number[]): Pck {
  const perImage = hands.map((hand) => pckOfHand(hand, thresholds));
  return {
    pck: thresholds.map((_, t) => perImage.reduce((sum, image) => sum + image[t], 0) / hands.length),
    perJoint: jointFractions(hands, thresholds, widthOfCrop, false),
  };
}

/** One hand's PCK by threshold, as the original computes it. */
export function pckOfHand(hand: Prediction, thresholds: readonly number[]): number[] {
  const box = widthOfCrop(hand.pose);
  return thresholds.map((threshold) => {
    let correct = 0;
    for (let j = 0; j < JOINTS; j++) if (distance(hand, j) < threshold * box) correct++;
    return correct / JOINTS;
  });
}

/**
 * PCK over all visible joints of all hands, each measured by the longer side of its tight box where the dataset has
 * one, else of its image / 2.2. Joints that are not visible are not judged.
 */
export function pckVisible(hands: readonly Prediction[], thresholds: readonly number[]): Pck {
  const judged = hands.flatMap(({ pose }) => Array.from({ length: JOINTS }, (_, j) => isVisible(pose, j)));
  const total = judged.filter(Boolean).length;
  return {
    pck: thresholds.map((threshold) => {
      let correct = 0;
      for (const hand of hands) {
        const limit = threshold * longerSide(hand.pose);
        for (let j = 0; j < JOINTS; j++) if (isVisible(hand.pose, j) && distance(hand, j) < limit) correct++;
      }
      return correct / total;
    }),
    perJoint: jointFractions(hands, thresholds, longerSide, true),
  };
}

function jointFractions(
  hands: readonly Prediction[],
  thresholds: readonly number[],
  boxOf: (pose: Pose) => number,
  visibleOnly: boolean,
): number[][] {
  return Array.from({ length: JOINTS }, (_, j) => {
    const judged = visibleOnly ? hands.filter((hand) => isVisible(hand.pose, j)) : hands;
    return thresholds.map((t) => judged.filter((h) => distance(h, j) < t * boxOf(h.pose)).length / judged.length);
  });
}

function widthOfCrop(pose: Pose): number {
  return pose.width / 2.2;
}

function longerSide({ tightBox, width, height }: Pose): number {
  return tightBox ? Math.max(tightBox.width, tightBox.height) : Math.max(width, height) / 2.2;
}

function isVisible(pose: Pose, joint: number): boolean {
  return pose.visible?.[joint] ?? true;
}

/** In pixels; NaN where the prediction is, and a NaN is never less than a limit. */
function distance({ predicted, pose }: Prediction, joint: number): number {
  const dx = predicted[joint * 2] - pose.labelsPx[joint * 2];
  const dy = predicted[joint * 2 + 1] - pose.labelsPx[joint * 2 + 1];
  return Math.sqrt(dx * dx + dy * dy);
}
