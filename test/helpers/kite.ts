import { defineSkeleton } from "../../masks/skeleton";

/**
 * A made-up skeleton that shares nothing with a hand: 5 joints, of which two change places in the mirror, 4 limbs, none of
 * which leads to the next joint of the list, and groups that overlap.
 *
 *        nose
 *     /        \
 *   left      right
 *     \
 *     heart - tail
 */
export const KITE = defineSkeleton({
  name: "kite",
  joints: ["left", "nose", "heart", "right", "tail"],
  mirrored: [["left", "right"]],
  limbs: [
    ["nose", "right"],
    ["nose", "left"],
    ["left", "heart"],
    ["heart", "tail"],
  ],
  root: "nose",
  landmark: "tail",
  parts: [
    { name: "nose", joints: ["nose"] },
    { name: "wings", joints: ["left", "right"] },
    { name: "body", joints: ["heart", "tail"] },
  ],
  partKind: "part",
  groupings: {
    wings: [
      { name: "top", limbs: [1, 0] },
      { name: "left side", limbs: [1, 2] },
      { name: "all", limbs: [0, 1, 2, 3] },
    ],
  },
  pictured: "wings",
});
