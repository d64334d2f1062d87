import { FINGERS, HAND } from "../../../masks/index";
import { listPoints, type Point, type Points, pointsOf } from "../../pose/index";

/**
 * Where each of NSRM's 21 joints stands in a dataset's list: `order[j]` is the dataset's index of joint j.
 * NSRM: the wrist, then thumb, index, middle, ring, little, each from base to tip.
 */
export type JointOrder = readonly number[];

export const NSRM_ORDER: JointOrder = HAND.joints.map((_, j) => j);

/** The order with every finger listed the other way round. */
export const turnedRound = (order: JointOrder): JointOrder =>
  order.map((_, j) => (j === 0 ? order[0] : order[j + 3 - 2 * ((j - 1) % 4)]));

/** RHD's: from tip to base, nsrm[1 + 4f + j] = rhd[4 + 4f - j]. */
export const TIP_FIRST_ORDER: JointOrder = turnedRound(NSRM_ORDER);

const FINGER_WORDS: readonly RegExp[] = [/thumb/, /fore|index/, /middle/, /ring/, /little|pinky|pinkie/];
const PARTS: readonly RegExp[] = [/mcp|base/, /pip/, /dip/, /tip/];
/** Anatomy's names for the thumb, where a dataset does not name it as it does the other fingers. */
const THUMB_PARTS: readonly RegExp[] = [/cmc|base/, /mcp/, /(^|[^pdt])ip/, /tip/];

/**
 * The order that keypoint names tell ("thumb1" .. "thumb4" or "thumb_cmc" .. "thumb_tip", "forefinger1", "ring_finger_pip",
 * "wrist"), or null where they do not name each of the 21 joints once.
 */
export function orderByNames(names: readonly string[]): JointOrder | null {
  if (names.length !== HAND.joints.length) return null;
  const lowest = names.some((name) => /(^|\D)0+(\D|$)/.test(name)) ? 0 : 1;
  const thumb = names.some((name) => /cmc/i.test(name)) ? THUMB_PARTS : PARTS;
  const order = HAND.joints.map(() => -1);
  for (const [i, name] of names.entries()) {
    const joint = jointNamed(name.toLowerCase(), lowest, thumb);
    if (joint === null || order[joint] >= 0) return null;
    order[joint] = i;
  }
  return order;
}

function jointNamed(name: string, lowest: number, thumb: readonly RegExp[]): number | null {
  const finger = FINGER_WORDS.findIndex((word) => word.test(name));
  if (finger < 0) return /wrist|palm|root|carp/.test(name) ? 0 : null;
  const digit = /\d+/.exec(name);
  const part = digit ? Number(digit[0]) - lowest : (finger === 0 ? thumb : PARTS).findIndex((word) => word.test(name));
  return part >= 0 && part < 4 ? 1 + 4 * finger + part : null;
}

/**
 * Which way round the fingers of many hands are listed: positive from base to tip, negative from tip to base, 0 where no
 * hand is fully labelled; the mean over hands, about 0.7 either way. Two signs that hardly ever fail together: the bone
 * next to the palm is about twice as long as the one with the nail, which foreshortening hides in fists; and the palm is
 * rigid, so that its four knuckles are about equally far from the wrist, which tips are only in a flat hand.
 */
export function baseFirstScore(hands: readonly Points[]): number {
  const scores = hands.filter((points) => points.every(Number.isFinite)).map((points) => scoreOf(listPoints(points)));
  return scores.length === 0 ? 0 : mean(scores);
}

function scoreOf(joints: readonly Point[]): number {
  const bones = FINGERS.map((_, f) => {
    const [a, b, c, d] = joints.slice(1 + 4 * f, 5 + 4 * f);
    return Math.log((distance(a, b) + 1) / (distance(c, d) + 1));
  });
  const unevenness = (part: number): number => {
    const reach = [1, 2, 3, 4].map((f) => distance(joints[0], joints[1 + 4 * f + part]));
    const centre = mean(reach);
    return Math.sqrt(mean(reach.map((r) => (r - centre) ** 2))) / (centre + 1);
  };
  return mean(bones) + Math.log((unevenness(3) + 0.03) / (unevenness(0) + 0.03)) / 3;
}

const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length;
const distance = (a: Point, b: Point): number => Math.hypot(a[0] - b[0], a[1] - b[1]);

/** The points in NSRM's order. */
export const reorderPoints = (points: Points, order: JointOrder): Points =>
  pointsOf(reorder(listPoints(points), order));

/** The list in NSRM's order. */
export const reorder = <T>(values: readonly T[], order: JointOrder): T[] => order.map((i) => values[i]);
