import type { Skeleton } from "../../masks/index";
import { distances, type JudgedHand, longerSide, type Pck, pckOriginal, pckVisible } from "./pck";

/** Thresholds of the PCK curve, as shares of the box: 0 to 0.2 in steps of 0.005. */
export const CURVE_THRESHOLDS: readonly number[] = Array.from({ length: 41 }, (_, i) => i / 200);

/** How far predictions are off, and how their PCK grows with the threshold. */
export interface Accuracy {
  thresholds: readonly number[];
  /** PCK at each threshold, as the original computes it. */
  original: Curve;
  /** PCK of visible joints by the tight box; everything below is of this kind too. */
  visible: Curve;
  all: JointAccuracy;
  /** The skeleton's parts: the wrist, then each finger's four joints. Figures on file have them by this name. */
  fingers: JointAccuracy[];
  /** Each joint of the skeleton. */
  joints: JointAccuracy[];
}

/** PCK by threshold. */
export interface Curve {
  pck: number[];
  /** Area under the curve as a share of the largest possible: 1 where every joint is right at every threshold. */
  auc: number;
}

/** Of some joints of all hands, as far as they are visible. */
export interface JointAccuracy {
  name: string;
  /** How many were judged. */
  judged: number;
  /** End-point error in pixels of the stored image. Joints without a prediction have none; in `auc` they are wrong. */
  epe: { mean: number; median: number };
  /** The same as a share of the box's longer side (see pckVisible). */
  epeOfBox: { mean: number; median: number };
  auc: number;
}

/** Figures of joints that were never judged are NaN. @param skeleton whose joints the hands' points are */
export function measureAccuracy(skeleton: Skeleton, hands: readonly JudgedHand[]): Accuracy {
  const thresholds = CURVE_THRESHOLDS;
  const errors = visibleErrors(hands);
  const pick = (name: string, wanted: (joint: number) => boolean) =>
    summarise(
      name,
      errors.filter(({ joint }) => wanted(joint)),
    );
  const curve = ({ pck }: Pck): Curve => {
    const values = thresholds.map((t) => pck[t]);
    return { pck: values, auc: areaUnder(values) };
  };
  return {
    thresholds,
    original: curve(pckOriginal(hands, thresholds)),
    visible: curve(pckVisible(hands, thresholds)),
    all: pick("all joints", () => true),
    fingers: skeleton.parts.map(({ name, joints }) => pick(name, (joint) => joints.includes(joint))),
    joints: skeleton.joints.map(({ name }, j) => pick(name, (joint) => joint === j)),
  };
}

/** A visible joint's error. */
interface JointError {
  joint: number;
  /** NaN without a prediction. */
  pixels: number;
  ofBox: number;
}

function visibleErrors(hands: readonly JudgedHand[]): JointError[] {
  return hands.flatMap((hand) => {
    const side = longerSide(hand.pose);
    return distances(hand)
      .map((pixels, joint) => ({ joint, pixels, ofBox: pixels / side }))
      .filter(({ joint }) => hand.pose.visible?.[joint] ?? true);
  });
}

function summarise(name: string, errors: readonly JointError[]): JointAccuracy {
  const correct = CURVE_THRESHOLDS.map((t) => errors.filter(({ ofBox }) => ofBox < t).length / errors.length);
  return {
    name,
    judged: errors.length,
    epe: meanAndMedian(errors.map(({ pixels }) => pixels)),
    epeOfBox: meanAndMedian(errors.map(({ ofBox }) => ofBox)),
    auc: areaUnder(correct),
  };
}

function meanAndMedian(values: readonly number[]): { mean: number; median: number } {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const median = (sorted[Math.ceil(middle) - 1] + sorted[Math.floor(middle)]) / 2;
  return { mean: sorted.reduce((sum, value) => sum + value, 0) / sorted.length, median };
}

/** By trapezoids over evenly spaced thresholds. */
function areaUnder(curve: readonly number[]): number {
  const ends = (curve[0] + curve[curve.length - 1]) / 2;
  return (curve.reduce((sum, value) => sum + value, 0) - ends) / (curve.length - 1);
}
