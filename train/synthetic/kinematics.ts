import { along, type Mat3, multiply, perpendicular, rotation, scale, type Vec3 } from "./vec3";

/**
 * The kinematic hand: bone lengths and joint angles in, 21 joint centres out, in float64.
 *
 * Hand frame, in millimetres: origin at the wrist; x towards the thumb's side, y towards the fingers, z out of the back of
 * the hand. The frame is the right hand's seen from its palm side and the left hand's mirrored.
 */

const DEGREE = Math.PI / 180;

/** Sizes of one person's hand, in millimetres. Fingers in the order thumb, index, middle, ring, little. */
export interface HandShape {
  /** Where each finger begins: the thumb's CMC joint, the others' MCP joints. */
  readonly bases: readonly Vec3[];
  /** Three bones a finger, from base to tip. */
  readonly bones: readonly (readonly [number, number, number])[];
  /** Flesh radius at each finger's four joints, and half the palm's thickness. */
  readonly radii: readonly (readonly [number, number, number, number])[];
  readonly palmRadius: number;
}

/**
 * An average adult's hand, rounded from published hand anthropometry: palm about 80 wide and 90 long, middle finger about
 * 97 with the pulp of its tip.
 */
export const AVERAGE_HAND: HandShape = {
  bases: [
    [21, 20, -9],
    [25, 89, 0],
    [4, 91, 2],
    [-15, 85, 1],
    [-32, 75, -3],
  ],
  bones: [
    [44, 33, 27],
    [43, 25, 22],
    [48, 29, 23],
    [44, 28, 23],
    [34, 20, 20],
  ],
  radii: [
    [14, 11.5, 10, 8],
    [10.5, 9, 8, 6.6],
    [10.5, 9.2, 8.2, 6.8],
    [10.2, 8.6, 7.8, 6.4],
    [9.4, 7.6, 6.8, 5.6],
  ],
  palmRadius: 12.5,
};

/** Joint angles of one finger, in degrees. */
export interface FingerPose {
  /** In the palm's plane, away from the middle finger's line; for the thumb, away from the index finger. */
  readonly spread: number;
  /** At its three joints, from base to tip, towards the palm; for the thumb's base, out of the palm's plane. */
  readonly flexion: readonly [number, number, number];
}
export type HandPose = readonly FingerPose[];

export interface Range {
  readonly low: number;
  readonly high: number;
}

/** What a joint can do, in degrees. */
export interface FingerLimits {
  readonly spread: Range;
  readonly flexion: readonly [Range, Range, Range];
}

const range = (low: number, high: number): Range => ({ low, high });
const THUMB_LIMITS: FingerLimits = { spread: range(0, 60), flexion: [range(0, 45), range(-10, 55), range(-15, 80)] };
const FINGER_LIMITS: FingerLimits = { spread: range(-20, 20), flexion: [range(-20, 90), range(0, 110), range(-5, 80)] };

/** Limits by finger, rounded from clinical ranges of motion. */
export const JOINT_LIMITS: readonly FingerLimits[] = [
  THUMB_LIMITS,
  FINGER_LIMITS,
  FINGER_LIMITS,
  FINGER_LIMITS,
  FINGER_LIMITS,
];

/** The direction a finger has at zero spread, in degrees from y towards the thumb's side. */
const FAN = [16, 3, 0, -4, -9];

/** One bone: where it begins and ends (mm), its unit direction, and the unit vector out of its back (the nail's side). */
export interface Bone {
  readonly from: Vec3;
  readonly to: Vec3;
  readonly back: Vec3;
}

export interface PosedHand {
  /** 21 centres in mm: the wrist, then each finger from base to tip. */
  readonly joints: readonly Vec3[];
  /** bones[finger][0..2] */
  readonly bones: readonly (readonly Bone[])[];
}

/** Joint centres and bones of a right hand in the hand frame. Throws RangeError for a pose outside JOINT_LIMITS. */
export function poseHand(shape: HandShape, pose: HandPose): PosedHand {
  checkLimits(pose);
  const joints: Vec3[] = [[0, 0, 0]];
  const bones = pose.map((finger, f) => {
    let { direction, back } = f === 0 ? thumbBase(finger) : fingerBase(finger, f);
    let at = shape.bases[f];
    joints.push(at);
    return shape.bones[f].map((length, b): Bone => {
      if (f > 0 || b > 0) ({ direction, back } = flex(direction, back, finger.flexion[b]));
      const from = at;
      at = along(at, length, direction);
      joints.push(at);
      return { from, to: at, back };
    });
  });
  return { joints, bones };
}

function checkLimits(pose: HandPose): void {
  for (const [f, { spread, flexion }] of pose.entries()) {
    const limits = JOINT_LIMITS[f];
    const outside = (angle: number, { low, high }: Range) => !(angle >= low && angle <= high);
    if (outside(spread, limits.spread))
      throw new RangeError(`finger ${f}: spread ${spread} is beyond its joint's limits`);
    for (const [j, angle] of flexion.entries()) {
      if (outside(angle, limits.flexion[j]))
        throw new RangeError(`finger ${f}: flexion ${angle} of joint ${j} is beyond its limits`);
    }
  }
}

/** Bends towards the palm: direction turns away from the back, the back turns forward. */
function flex(direction: Vec3, back: Vec3, degrees: number): { direction: Vec3; back: Vec3 } {
  const [c, s] = [Math.cos(degrees * DEGREE), Math.sin(degrees * DEGREE)];
  return {
    direction: along(scale(direction, c), -s, back),
    back: along(scale(back, c), s, direction),
  };
}

/** A finger's frame before its MCP joint flexes. Spread is away from the middle finger: index outwards, the others inwards. */
function fingerBase({ spread }: FingerPose, f: number): { direction: Vec3; back: Vec3 } {
  const angle = (FAN[f] + (f === 1 ? spread : -spread)) * DEGREE;
  return { direction: [Math.sin(angle), Math.cos(angle), 0], back: [0, 0, 1] };
}

/** The thumb's metacarpal: out to the side by its spread, out of the palm's plane by its base's flexion, its nail facing sideways. */
function thumbBase({ spread, flexion }: FingerPose): { direction: Vec3; back: Vec3 } {
  const [side, out] = [(FAN[0] + spread) * DEGREE, flexion[0] * DEGREE];
  const direction: Vec3 = [Math.sin(side) * Math.cos(out), Math.cos(side) * Math.cos(out), -Math.sin(out)];
  return { direction, back: perpendicular([0.62, 0, 0.78], direction) };
}

/** The camera's view of a hand: mirrored for a left one, then turned. */
export interface View {
  readonly left: boolean;
  /** Seen from its back instead of its palm. */
  readonly fromBack: boolean;
  /** In the image plane, degrees, clockwise. */
  readonly turn: number;
  /** Out of the image plane by `tilt` degrees, about the axis in that plane at `tiltAxis` degrees. */
  readonly tilt: number;
  readonly tiltAxis: number;
}

/**
 * Hand frame to camera frame (x right, y down, z away from the viewer) as a matrix. Its determinant is -1 for a right
 * hand (whose frame is left-handed) and 1 for a left one, its mirror image.
 */
export function viewMatrix({ left, fromBack, turn, tilt, tiltAxis }: View): Mat3 {
  const axis = tiltAxis * DEGREE;
  const turned = rotation([0, 0, 1], turn * DEGREE);
  const tilted = rotation([Math.cos(axis), Math.sin(axis), 0], tilt * DEGREE);
  const mirror = left ? -1 : 1;
  const face = fromBack ? -1 : 1;
  // A right hand's palm towards the viewer: thumb to the right, fingers up, back away. From the back: half a turn about y.
  const upright: Mat3 = [
    [mirror * face, 0, 0],
    [0, -1, 0],
    [0, 0, face],
  ];
  return multiply(turned, multiply(tilted, upright));
}
