import type { HandShape, PosedHand } from "./kinematics";
import type { Arm } from "./sampler";
import { add, along, apply, mix, normalize, perpendicular, rotation, sub, type Vec3 } from "./vec3";

/**
 * Parts whose surfaces run into each other: the palm with every finger, never one finger with another. What is `behind` is
 * no part of the hand.
 */
export const CHAIN = { palm: 0, thumb: 1, index: 2, middle: 3, ring: 4, little: 5, sleeve: 6, behind: 7 } as const;

/** A tapered capsule: all spheres whose centre runs from `a` to `b` while their radius runs from `ra` to `rb`. */
export interface Capsule {
  readonly a: Vec3;
  readonly b: Vec3;
  readonly ra: number;
  readonly rb: number;
  /** Unit vector out of the back of the hand, where skin is darker, knuckles crease and nails grow. */
  readonly back: Vec3;
  /** A value of CHAIN. */
  readonly chain: number;
  /** The bone of a finger from 0 (base) to 2 (with the nail); -1 elsewhere. */
  readonly bone: number;
  /** The joints inside this capsule: their own flesh does not hide them. */
  readonly joints: readonly number[];
}

/** The palm's joints: the wrist and every finger's base. All of the palm is their flesh. */
const PALM_JOINTS = [0, 1, 5, 9, 13, 17];
/** The tip joint lies this share of the tip's radius inside the skin. */
const TIP_DEPTH = 0.45;
const BACK: Vec3 = [0, 0, 1];

/** The flesh on a posed hand, in the hand frame and millimetres: palm and arm first, then the fingers. */
export function fleshOn(shape: HandShape, hand: PosedHand, arm: Arm): Capsule[] {
  return [...palm(shape, hand), ...forearm(shape, arm), ...fingers(shape, hand)];
}

function fingers({ radii }: HandShape, { bones }: PosedHand): Capsule[] {
  return bones.flatMap((finger, f) =>
    // The thumb's first bone is the ball of the thumb, which belongs to the palm.
    finger.slice(f === 0 ? 1 : 0).map(({ from, to, back }, i): Capsule => {
      const bone = f === 0 ? i + 1 : i;
      const [ra, rb] = [radii[f][bone], radii[f][bone + 1]];
      const joints = [1 + 4 * f + bone, 2 + 4 * f + bone];
      const tip = bone === 2 ? (1 - TIP_DEPTH) * rb : 0;
      const b = along(to, -tip, normalize(sub(to, from)));
      return { a: from, b, ra, rb, back, chain: CHAIN.thumb + f, bone, joints };
    }),
  );
}

/** Metacarpals fanned from the wrist, the row of knuckles, the balls of thumb and little finger, and the thumb's web. */
function palm({ bases, radii, palmRadius: r }: HandShape, { joints, bones }: PosedHand): Capsule[] {
  const flesh = (a: Vec3, ra: number, b: Vec3, rb: number, own: readonly number[] = PALM_JOINTS): Capsule => {
    const back = perpendicular(BACK, normalize(sub(b, a)));
    return { a, b, ra, rb, back, chain: CHAIN.palm, bone: -1, joints: own };
  };
  const [, index, middle, ring, little] = bases;
  const heel = (base: Vec3, lift: number): Vec3 => [base[0] * 0.5, 10 + lift, base[2] - 1];
  const knuckle = (f: number): number => 1.04 * radii[f][0];
  const row = (a: Vec3, fa: number, b: Vec3, fb: number) =>
    flesh(add(a, [0, -7, -2]), knuckle(fa), add(b, [0, -7, -2]), knuckle(fb));
  const thumb = { base: joints[1], mcp: joints[2], back: bones[0][0].back };
  return [
    flesh(heel(index, 2), 1.05 * r, index, knuckle(1)),
    flesh(heel(middle, 0), 1.1 * r, middle, knuckle(2)),
    flesh(heel(ring, 0), 1.1 * r, ring, knuckle(3)),
    flesh(heel(little, 4), 1.05 * r, little, knuckle(4)),
    row(index, 1, middle, 2),
    row(middle, 2, ring, 3),
    row(ring, 3, little, 4),
    flesh([little[0] * 0.62, 22, -2], 1.2 * r, [little[0] * 0.98, 56, -4], 0.92 * r),
    { ...flesh(add(thumb.base, [-5, 0, 6]), 1.15 * r, thumb.mcp, radii[0][1], [...PALM_JOINTS, 2]), back: thumb.back },
    flesh(mix(thumb.base, thumb.mcp, 0.62), 0.72 * r, mix(heel(index, 2), index, 0.62), 0.8 * r),
    flesh(mix(thumb.base, thumb.mcp, 0.4), 0.95 * r, mix(heel(middle, 0), middle, 0.45), 0.8 * r),
  ];
}

/** Two bones side by side, wider than thick, out of the picture; a sleeve is a wider pair further up. */
function forearm({ palmRadius: r }: HandShape, arm: Arm): Capsule[] {
  const radians = Math.PI / 180;
  const bend = (v: Vec3) =>
    apply(rotation([0, 0, 1], arm.sideways * radians), apply(rotation([1, 0, 0], arm.forwards * radians), v));
  const limb = (side: number, from: number, extra: number, chain: number): Capsule => {
    const place = (y: number): Vec3 => bend([side * (10 + 0.04 * y), -y, 0]);
    const radius = (y: number): number => 1.26 * r + 0.06 * y + extra;
    const [a, b] = [place(from), place(ARM_LENGTH)];
    return { a, b, ra: radius(from), rb: radius(ARM_LENGTH), back: bend(BACK), chain, bone: -1, joints: [0] };
  };
  const bare = [limb(1, -6, 0, CHAIN.palm), limb(-1, -6, 0, CHAIN.palm)];
  if (arm.sleeveFrom === null) return bare;
  const [one, other] = [limb(1, arm.sleeveFrom, 5, CHAIN.sleeve), limb(-1, arm.sleeveFrom, 5, CHAIN.sleeve)];
  return [...bare, one, other, { ...one, b: other.a, rb: other.ra }];
}

const ARM_LENGTH = 260;
