import { SPLITS, type SplitName } from "../data/index";
import { Draws } from "./hash";
import {
  AVERAGE_HAND,
  type FingerPose,
  type HandPose,
  type HandShape,
  JOINT_LIMITS,
  type View,
  viewMatrix,
} from "./kinematics";
import { apply, scale } from "./vec3";

/**
 * What image n of a split shows, drawn by integer hashes of (seed, split, n) alone. Each aspect has a stream of draws of
 * its own, so that a change to one leaves the others' images as they were.
 */

/** How far images differ. Angles are in degrees. */
export interface PoseRange {
  /** In the image plane, either way. */
  readonly turn: number;
  /** Out of the image plane, in any direction. */
  readonly tilt: number;
  /** Of any one finger joint. */
  readonly flexion: number;
  /** Share of images with skin-coloured things behind the hand. */
  readonly distractors: number;
  /** Most blur, as a Gaussian's standard deviation in crop sides. */
  readonly blur: number;
  /** Most sensor noise, as its standard deviation in displayed units (0 to 1) at medium brightness. */
  readonly noise: number;
}

/** `simple` for a first try and for comparisons, `full` for what photographs may show. */
export const POSE_RANGES = {
  simple: { turn: 35, tilt: 30, flexion: 45, distractors: 0, blur: 0, noise: 0 },
  full: { turn: 180, tilt: 90, flexion: 90, distractors: 0.6, blur: 0.006, noise: 0.05 },
} as const satisfies Record<string, PoseRange>;
/** One of POSE_RANGES. */
export type PoseRangeName = keyof typeof POSE_RANGES;

/** Which image of which series. */
export interface ImageKey {
  readonly seed: number;
  readonly split: SplitName;
  readonly n: number;
}

const ASPECTS = [
  "shape",
  "pose",
  "view",
  "arm",
  "crop",
  "skin",
  "light",
  "background",
  "distractors",
  "camera",
] as const;

/** The draws that decide one aspect of one image. */
export const drawsFor = ({ seed, split, n }: ImageKey, aspect: (typeof ASPECTS)[number]): Draws =>
  new Draws(seed, SPLITS.indexOf(split), n, ASPECTS.indexOf(aspect));

/** A person's hand: the average one with proportions varied by up to about a tenth. */
export function sampleShape(key: ImageKey): HandShape {
  const draws = drawsFor(key, "shape");
  const [width, fingers, thickness] = [draws.around(1, 0.1), draws.around(1, 0.1), draws.around(1, 0.16)];
  return {
    bases: AVERAGE_HAND.bases.map(([x, y, z]) => [x * width, y * draws.around(1, 0.03), z]),
    bones: AVERAGE_HAND.bones.map((finger) => scale(finger, fingers * draws.around(1, 0.06))),
    radii: AVERAGE_HAND.radii.map(([a, b, c, d]) => {
      const s = thickness * draws.around(1, 0.06);
      return [a * s, b * s, c * s, d * s];
    }),
    palmRadius: AVERAGE_HAND.palmRadius * draws.around(1, 0.12),
  };
}

/**
 * A pose in the range: all fingers more or less bent and spread together, each with a will of its own, some of them
 * folded or stretched against the rest.
 */
export function samplePose(key: ImageKey, range: PoseRange): HandPose {
  const draws = drawsFor(key, "pose");
  const together = draws.uniform(-0.1, 0.9);
  const open = draws.uniform(-0.15, 1);
  const pose: FingerPose[] = [sampleThumb(draws, range)];
  for (let f = 1; f < 5; f++) {
    const own = draws.chance(0.3) ? draws.uniform(-0.1, 1) : draws.around(together, 0.3);
    const [low, high] = [-8, range.flexion];
    const bend = (share: number): number => clamp(share * own * range.flexion + draws.uniform(-6, 6), low, high);
    const middle = Math.max(bend(1), 0);
    // The last joint follows the middle one: they share a tendon.
    const last = clamp(0.65 * middle + draws.uniform(-4, 6), 0, high);
    pose.push({ spread: FULL_SPREAD[f] * open + draws.uniform(-2, 2), flexion: [bend(0.9), middle, last] });
  }
  return pose.map(withinLimits);
}

/** Spread of a hand opened wide, in degrees; the middle finger hardly moves. */
const FULL_SPREAD = [0, 10, -1, 8, 14];

function sampleThumb(draws: Draws, { flexion }: PoseRange): FingerPose {
  const out = draws.uniform(6, Math.min(38, flexion));
  return {
    spread: draws.uniform(8, 42),
    flexion: [out, draws.uniform(-5, 0.75 * flexion), draws.uniform(-10, flexion)],
  };
}

function withinLimits({ spread, flexion }: FingerPose, f: number): FingerPose {
  const limits = JOINT_LIMITS[f];
  const bound = (angle: number, j: number) => clamp(angle, limits.flexion[j].low, limits.flexion[j].high);
  return {
    spread: clamp(spread, limits.spread.low, limits.spread.high),
    flexion: [bound(flexion[0], 0), bound(flexion[1], 1), bound(flexion[2], 2)],
  };
}

/** A view from which the forearm does not hide the hand: drawn again until it is one. */
export function sampleView(key: ImageKey, range: PoseRange): View {
  const draws = drawsFor(key, "view");
  for (;;) {
    const view: View = {
      left: draws.chance(0.5),
      fromBack: draws.chance(0.5),
      turn: draws.uniform(-range.turn, range.turn),
      // The square root spreads views evenly over the cap of directions.
      tilt: range.tilt * Math.sqrt(draws.uniform()),
      tiltAxis: draws.uniform(0, 360),
    };
    const [, , towardsViewer] = apply(viewMatrix(view), [0, 1, 0]);
    if (towardsViewer < MAX_ARM_LEAN) return view;
  }
}

/** The most that the forearm may point at the viewer: the sine of its angle to the image plane, some 50 degrees. */
const MAX_ARM_LEAN = 0.77;

/** The forearm: how the wrist bends (degrees), and how far up a sleeve leaves it bare (mm; none where null). */
export interface Arm {
  readonly sideways: number;
  readonly forwards: number;
  readonly sleeveFrom: number | null;
}

export function sampleArm(key: ImageKey): Arm {
  const draws = drawsFor(key, "arm");
  return {
    sideways: draws.around(0, 18),
    forwards: draws.around(0, 20),
    sleeveFrom: draws.chance(0.55) ? draws.uniform(18, 75) : null,
  };
}

/** How the crop departs from 2.2 times the tight joint box around its centre: both in shares of the crop's side. */
export interface Crop {
  readonly zoom: number;
  readonly shift: readonly [number, number];
}

export function sampleCrop(key: ImageKey): Crop {
  const draws = drawsFor(key, "crop");
  return { zoom: draws.around(1, 0.08), shift: [draws.around(0, 0.04), draws.around(0, 0.04)] };
}

/** What the camera makes of the light: a blur (standard deviation in crop sides) and noise. */
export interface Camera {
  readonly blur: number;
  /** Noise in linear light has the standard deviation read + shot * sqrt(light). */
  readonly read: number;
  readonly shot: number;
  /** A 32-bit integer. */
  readonly seed: number;
}

export function sampleCamera(key: ImageKey, range: PoseRange): Camera {
  const draws = drawsFor(key, "camera");
  const noise = range.noise * draws.uniform() ** 2;
  return {
    blur: range.blur * draws.uniform() ** 2,
    // Displayed is the square root of light, whose slope makes half of it; in the dark, what is read out counts.
    shot: 2 * noise,
    read: 0.2 * noise * draws.uniform(),
    seed: draws.bits(),
  };
}

export const clamp = (x: number, low: number, high: number): number => Math.min(Math.max(x, low), high);
