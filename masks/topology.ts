/**
 * The hand's topology: 21 joints, the 20 limbs between them, and the groups that limbs are drawn in.
 *
 * Source: Chen et al., "Nonparametric Structure Regularization Machine for 2D Hand Pose Estimation" (NSRM, WACV 2020),
 * section 3.2; the joint order is that of the CMU Panoptic hand dataset.
 */

export const FINGERS = ["thumb", "index", "middle", "ring", "little"] as const;
/** A finger's name. */
export type Finger = (typeof FINGERS)[number];

/** 0 is the wrist, then each finger's four joints from base to tip: finger f has joints 1 + 4f .. 4 + 4f. */
export const JOINTS: readonly string[] = [
  "wrist",
  ...FINGERS.flatMap((finger) =>
    (finger === "thumb" ? ["CMC", "MCP", "IP", "tip"] : ["MCP", "PIP", "DIP", "tip"]).map(
      (part) => `${finger} ${part}`,
    ),
  ),
];
/** The number of JOINTS. */
export const JOINT_COUNT = 21;
/** The wrist's joint. */
export const WRIST = 0;

/** A joint's finger as an index of FINGERS; -1 for the wrist. */
export const fingerOfJoint = (joint: number): number => (joint === WRIST ? -1 : Math.floor((joint - 1) / 4));

/** The 20 limbs as [from, to] joints: for each finger wrist to base, then three bones outwards. Limb l ends at joint l + 1. */
export const LIMBS: readonly (readonly [number, number])[] = Array.from({ length: 20 }, (_, l) => [
  l % 4 === 0 ? WRIST : l,
  l + 1,
]);
/** The number of LIMBS. */
export const LIMB_COUNT = 20;

/** For messages: "wrist to thumb CMC" and so on. */
export const LIMB_NAMES: readonly string[] = LIMBS.map(([a, b]) => `${JOINTS[a]} to ${JOINTS[b]}`);

/** A limb's finger as an index of FINGERS; a limb of the palm (wrist to base) counts to the finger it leads to. */
export const fingerOfLimb = (limb: number): number => Math.floor(limb / 4);

/** Limbs from the wrist to a finger's base make up the palm. */
export const isPalmLimb = (limb: number): boolean => LIMBS[limb][0] === WRIST;

/** A channel of a limb map: the limbs it unites. */
export interface LimbGroup {
  readonly name: string;
  readonly limbs: readonly number[];
}

const allLimbs = LIMBS.map((_, l) => l);

/** G1: the whole hand in one channel. */
export const G1: readonly LimbGroup[] = [{ name: "whole hand", limbs: allLimbs }];

/** G6: five fingers (three bones each) and the palm. */
export const G6: readonly LimbGroup[] = [
  ...FINGERS.map((name, f) => ({ name, limbs: allLimbs.filter((l) => fingerOfLimb(l) === f && !isPalmLimb(l)) })),
  { name: "palm", limbs: allLimbs.filter(isPalmLimb) },
];

/** G1&6: the whole hand, then thumb, index, middle, ring, little, palm. */
export const G1_6: readonly LimbGroup[] = [...G1, ...G6];

/** Every limb in a channel of its own, for pictures and checks. */
export const EACH: readonly LimbGroup[] = LIMB_NAMES.map((name, l) => ({ name, limbs: [l] }));

/** The ways limbs are grouped into channels; the three first are the paper's. */
export const GROUPINGS = { G1, G6, G1_6, EACH } as const;
/** A grouping's name. */
export type Grouping = keyof typeof GROUPINGS;
