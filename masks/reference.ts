import { LDM_HALF_WIDTH, type LimbOptions, LPM_LENGTH_EPSILON, type MapSize } from "./options";
import { groupsOf, type Skeleton } from "./skeleton";

/**
 * The maps in plain float64, one pixel at a time: what the kernel is held against. After Chen et al., NSRM (WACV 2020),
 * section 3.2, with the quirks of the authors' implementation.
 *
 * Labels are [hands, J, 2] (x, y) in map units, J the joints of a skeleton; maps are row-major.
 */

/** Keypoint confidence maps: S_k(p) = exp(-|p - x_k|^2 / (2 sigma^2)). @param labels [hands, J, 2] in map units @returns [hands, J, height, width] */
export function confidenceMaps(labels: ArrayLike<number>, size: MapSize, sigma = 1): Float64Array {
  const joints = labels.length / 2;
  return drawMaps(joints, size, (joint, x, y) => {
    const dx = x - labels[2 * joint];
    const dy = y - labels[2 * joint + 1];
    return Math.exp(-(dx * dx + dy * dy) / (2 * sigma * sigma));
  });
}

/**
 * Limb maps, a channel for each group of limbs g: the strongest of its limbs, L_g(p) = max over limbs l of L_l(p).
 * For LDM, which is 0 or 1, that is the union.
 * @param labels [hands, J, 2] in map units
 * @returns [hands, channels, height, width]
 */
export function limbMaps(
  skeleton: Skeleton,
  labels: ArrayLike<number>,
  size: MapSize,
  options: LimbOptions,
): Float64Array {
  const groups = groupsOf(skeleton, options.grouping);
  const hands = labels.length / (2 * skeleton.joints.length);
  const value = options.kind === "LDM" ? deterministic : probabilistic;
  return drawMaps(hands * groups.length, size, (channel, x, y) => {
    const hand = Math.floor(channel / groups.length);
    let strongest = 0;
    for (const limb of groups[channel % groups.length].limbs) {
      strongest = Math.max(strongest, value(place(skeleton, labels, hand, limb, x, y), options));
    }
    return strongest;
  });
}

/** A pixel as a limb from joint a to joint b sees it. */
export interface Placement {
  /** The limb's squared length, |b - a|^2. */
  readonly length2: number;
  /** Along the limb from each end, times its length: (p - a) . (b - a) and (p - b) . (b - a). */
  readonly fromA: number;
  readonly fromB: number;
  /** Beside the limb's line, times its length: (p - a) x (b - a). */
  readonly across: number;
  /** Squared distances to the two joints. */
  readonly toA2: number;
  readonly toB2: number;
}

/** @param labels [hands, J, 2] @param limb the index of one of the skeleton's limbs @param x of a pixel @param y all in map units */
export function place(
  { joints, limbs }: Skeleton,
  labels: ArrayLike<number>,
  hand: number,
  limb: number,
  x: number,
  y: number,
): Placement {
  const { from, to } = limbs[limb];
  const [a, b] = [from, to].map((joint) => 2 * (hand * joints.length + joint));
  const [vx, vy] = [labels[b] - labels[a], labels[b + 1] - labels[a + 1]];
  const [ax, ay] = [x - labels[a], y - labels[a + 1]];
  const [bx, by] = [x - labels[b], y - labels[b + 1]];
  return {
    length2: vx * vx + vy * vy,
    fromA: ax * vx + ay * vy,
    fromB: bx * vx + by * vy,
    across: ax * vy - ay * vx,
    toA2: ax * ax + ay * ay,
    toB2: bx * bx + by * by,
  };
}

/**
 * LDM: 1 within a rectangle as long as the limb and 2 map units wide, borders included. Both sides are multiplied by the
 * length, so a limb of length zero has 0 <= 0 everywhere and its map is 1 throughout.
 */
function deterministic(p: Placement, { zeroLengthLimb, ldmHalfWidth = LDM_HALF_WIDTH }: LimbOptions): number {
  if (p.length2 === 0 && zeroLengthLimb === "skip") return 0;
  const beside = Math.abs(p.across) <= ldmHalfWidth * Math.sqrt(p.length2);
  // (p - a) . v <= |v|^2, with the subtraction done first: equal, and 0 exactly where p is b.
  return beside && p.fromA >= 0 && p.fromB <= 0 ? 1 : 0;
}

/** LPM: exp(-D(p) / (2 sigma^2)), where D is `limbDistance2`. */
function probabilistic(p: Placement, options: LimbOptions): number {
  if (p.length2 === 0 && options.zeroLengthLimb === "skip") return 0;
  const { sigma = 1 } = options;
  return Math.exp(-limbDistance2(p, options) / (2 * sigma * sigma));
}

/**
 * The squared distance D of LPM. The foot on the limb's line is b + t (b - a), t = (p - b) . (b - a) / (|b - a|^2 + 1e-8),
 * which leaves the squared distance `line2`. D is line2 beside the limb, |p - a|^2 before it, |p - b|^2 past it.
 * The original adds the cases as products with masks, and `1 - before | past` is `(1 - before) | past` to Python: past
 * the far end line2 is added to |p - b|^2. A limb of length zero is both before and past every point, so D is
 * line2 + |p - a|^2 + |p - b|^2, three times the same.
 *
 * The third argument overrides how the pixel's place was read, for judging pixels that could be read in two ways.
 */
export function limbDistance2(
  p: Placement,
  { lpmEndCap = "original" }: LimbOptions,
  { before = p.fromA <= 0, past = p.fromB >= 0, line2 = lineDistance2(p) } = {},
): number {
  if (lpmEndCap === "original" || p.length2 === 0) {
    return (!before || past ? line2 : 0) + (before ? p.toA2 : 0) + (past ? p.toB2 : 0);
  }
  if (past) return p.toB2;
  return before ? p.toA2 : line2;
}

/** |p - b - t v|^2, split into the part across the line and what the 1e-8 leaves along it, so that nothing cancels. */
function lineDistance2({ length2, fromB, across, toB2 }: Placement): number {
  if (length2 === 0) return toB2;
  const left = LPM_LENGTH_EPSILON / (length2 + LPM_LENGTH_EPSILON);
  return (across * across + (fromB * left) ** 2) / length2;
}

function drawMaps(count: number, { height, width }: MapSize, value: (map: number, x: number, y: number) => number) {
  const maps = new Float64Array(count * height * width);
  let i = 0;
  for (let map = 0; map < count; map++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) maps[i++] = value(map, x, y);
    }
  }
  return maps;
}
