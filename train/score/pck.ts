import { CROP_BOXES } from "../data/index";
import { listPoints, type Points, type Pose } from "../pose/index";

/** PCK, the share of correct keypoints, over a set of hands. Keys are thresholds as text: "0.1". */
export interface Pck {
  pck: Record<string, number>;
  /** Each of the J joints by itself; NaN for one that was never judged. */
  perJoint: Record<string, number[]>;
}

/** A hand, and where its joints were predicted, [J, 2] in pixels of the stored image. */
export interface JudgedHand {
  pose: Pose;
  points: Points;
}

/**
 * PCK as the original computes it: a joint is correct strictly within threshold x width / 2.2 (its crops are 2.2 times
 * the hand's box; the height plays no part), every joint counts, and the result is the mean of the images' shares.
 */
export function pckOriginal(hands: readonly JudgedHand[], thresholds: readonly number[]): Pck {
  const result: Pck = { pck: {}, perJoint: {} };
  for (const threshold of thresholds) {
    const verdicts = hands.map((hand) => foundIn(hand, threshold * (hand.pose.width / CROP_BOXES)));
    result.pck[threshold] = mean(verdicts.map(share));
    result.perJoint[threshold] = jointsOf(hands).map((j) => share(verdicts.map((correct) => correct[j])));
  }
  return result;
}

/**
 * PCK over all visible joints of all hands, each measured by the longer side of its tight box where the dataset has
 * one, else of its image / 2.2. Joints that are not visible are not judged.
 */
export function pckVisible(hands: readonly JudgedHand[], thresholds: readonly number[]): Pck {
  const result: Pck = { pck: {}, perJoint: {} };
  const judged = jointsOf(hands).map((j) => hands.map(({ pose }) => pose.visible?.[j] ?? true));
  for (const threshold of thresholds) {
    const verdicts = hands.map((hand) => foundIn(hand, threshold * longerSide(hand.pose)));
    const byJoint = jointsOf(hands).map((j) => verdicts.map((correct) => correct[j]).filter((_, n) => judged[j][n]));
    result.pck[threshold] = share(byJoint.flat());
    result.perJoint[threshold] = byJoint.map(share);
  }
  return result;
}

/** The joints that all hands have, by index. */
const jointsOf = ([hand]: readonly JudgedHand[]): number[] =>
  Array.from({ length: (hand?.points.length ?? 0) / 2 }, (_, j) => j);

/** For each joint whether it is nearer than `limit` pixels; a NaN never is. */
const foundIn = (hand: JudgedHand, limit: number): boolean[] => distances(hand).map((distance) => distance < limit);

/** For each joint how far the prediction is from the label, in pixels. */
export function distances({ pose, points }: JudgedHand): number[] {
  return listPoints(points).map(([x, y], j) => {
    const dx = x - pose.points[j * 2];
    const dy = y - pose.points[j * 2 + 1];
    return Math.sqrt(dx * dx + dy * dy);
  });
}

/** What errors are measured by: the longer side of the tight box, where there is none that of the image / 2.2. */
export function longerSide({ tightBox, width, height }: Pose): number {
  return tightBox ? Math.max(tightBox.width, tightBox.height) : Math.max(width, height) / CROP_BOXES;
}

function share(verdicts: readonly boolean[]): number {
  return verdicts.filter(Boolean).length / verdicts.length;
}

/** Summed one by one, as Python's `sum` does: the golden numbers hold to the last bit. */
function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
