import { defineSkeleton, type LimbGroup } from "./skeleton";

/** The fingers in the order of a hand's joints. */
export const FINGERS = ["thumb", "index", "middle", "ring", "little"] as const;
/** A finger's name. */
export type Finger = (typeof FINGERS)[number];

const WRIST = "wrist";

/** A finger's four joints from base to tip. */
const jointsOf = (finger: Finger): string[] =>
  (finger === "thumb" ? ["CMC", "MCP", "IP", "tip"] : ["MCP", "PIP", "DIP", "tip"]).map((part) => `${finger} ${part}`);

/** Limbs a finger: one of the palm, from the wrist to its base, then three bones outwards. */
const CHAIN = 4;
/** All limbs in their order, where each stands in its finger. */
const limbs = FINGERS.flatMap((_, finger) =>
  Array.from({ length: CHAIN }, (_, bone) => ({ limb: CHAIN * finger + bone, finger, bone })),
);
const group = (name: string, wanted: (limb: { finger: number; bone: number }) => boolean): LimbGroup => ({
  name,
  limbs: limbs.filter(wanted).map(({ limb }) => limb),
});

/** G1: the whole hand in one channel. */
const G1 = [group("whole hand", () => true)];

/** G6: five fingers (three bones each) and the palm. */
const G6 = [
  ...FINGERS.map((name, f) => group(name, ({ finger, bone }) => finger === f && bone > 0)),
  group("palm", ({ bone }) => bone === 0),
];

/**
 * The hand: 21 joints and the 20 limbs between them. Joint 0 is the wrist, then come each finger's four joints from base
 * to tip: finger f has joints 1 + 4f .. 4 + 4f, and limb l ends at joint l + 1. A mirrored hand is one of the other side with
 * the same joints, so none has a partner. Groupings: G1, G6, and G1_6, which is the whole hand, then thumb, index, middle,
 * ring, little, palm.
 *
 * Source: Chen et al., "Nonparametric Structure Regularization Machine for 2D Hand Pose Estimation" (NSRM, WACV 2020),
 * section 3.2; the joint order is that of the CMU Panoptic hand dataset.
 */
export const HAND = defineSkeleton({
  name: "hand",
  joints: [WRIST, ...FINGERS.flatMap(jointsOf)],
  limbs: FINGERS.flatMap((finger) => jointsOf(finger).map((to, i, all) => [i === 0 ? WRIST : all[i - 1], to] as const)),
  root: WRIST,
  landmark: "index tip",
  parts: [{ name: WRIST, joints: [WRIST] }, ...FINGERS.map((name) => ({ name, joints: jointsOf(name) }))],
  partKind: "finger",
  groupings: { G1, G6, G1_6: [...G1, ...G6] },
  pictured: "G1_6",
});
