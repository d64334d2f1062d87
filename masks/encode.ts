import { UserError } from "../engine/index";
import { LDM_HALF_WIDTH, LPM_LENGTH_EPSILON, type MapSize } from "./options";
import type { Skeleton } from "./skeleton";

/**
 * Labels as the kernel reads them.
 *
 * Labels are float64 in the original, and whether a pixel lies inside a limb hangs on comparisons that plain float32 gets
 * wrong now and then: always where labels are integers and pixels lie exactly on a border. So each limb is turned here,
 * in float64, into linear functions of the pixel, f(x, y) = cx x + cy y + c, whose sign the comparison asks for:
 *
 *     (p - a) . v    along the limb from joint a;  v = b - a
 *     (p - b) . v    along the limb from joint b
 *     (p - a) x v    across the limb; compared with LDM's half width times |v|
 *
 * They are scaled by a power of two to |f| < 1 on the whole map, and each coefficient is split into a multiple of 2^-24
 * (high) and a small multiple of a finer unit (low). Float32 has 24 bits: the sum of the high parts is exact, in whatever
 * order a driver adds and fuses, and with a unit fit for the map's size so is the sum of the low parts. What is left is the
 * rounding of coefficients to the finer unit: about 1e-8 map units on a 46 x 46 map, 1e-5 on 512 x 512. Constants are
 * formed about the pixel nearest the joint, so that a joint lying on a pixel gives an exact zero there.
 */

const JOINT_FLOATS = 4;
const LIMB_FLOATS = 16;
/** Floats that one skeleton takes: a joint one vec4, a limb four. See kernels/masks.wgsl. */
export const handFloats = ({ joints, limbs }: Skeleton): number =>
  joints.length * JOINT_FLOATS + limbs.length * LIMB_FLOATS;

/** Labels may lie outside the image, but not this far: their products would overflow. */
const FARTHEST = 1e100;

type Point = readonly [x: number, y: number];

/**
 * @param skeleton whose joints the labels are, J of them
 * @param labels [hands, J, 2] (x, y) in map units
 * @param size of the maps to be drawn
 * @param ldmHalfWidth half the width of LDM's rectangles, in map units
 * @returns [hands, handFloats(skeleton)], to be uploaded for `renderTargets`
 * @throws UserError naming the hand and joint of a coordinate that is not finite or beyond 1e100
 */
export function encodeHands(
  skeleton: Skeleton,
  labels: ArrayLike<number>,
  size: MapSize,
  ldmHalfWidth = LDM_HALF_WIDTH,
): Float32Array<ArrayBuffer> {
  const { name, joints, limbs } = skeleton;
  const hands = labels.length / (2 * joints.length);
  if (!Number.isInteger(hands)) {
    throw new UserError(`labels: ${labels.length} numbers do not make a ${name}'s ${joints.length} x 2 each`);
  }
  const floats = handFloats(skeleton);
  const out = new Float32Array(hands * floats);
  for (let hand = 0; hand < hands; hand++) {
    const points = joints.map(({ name }, joint): Point => {
      const at = 2 * (hand * joints.length + joint);
      const [x, y] = [labels[at], labels[at + 1]];
      if (Math.abs(x) <= FARTHEST && Math.abs(y) <= FARTHEST) return [x, y];
      throw new UserError(
        `labels: hand ${hand}, joint ${joint} (${name}): expected finite coordinates, got ${x}, ${y}`,
      );
    });
    const encoded = [
      ...points.flatMap(([x, y]) => [...splitCoordinate(x), ...splitCoordinate(y)]),
      ...limbs.flatMap(({ from, to }) => encodeLimb(points[from], points[to], size, ldmHalfWidth)),
    ];
    out.set(encoded, hand * floats);
  }
  return out;
}

/**
 * For distances: a multiple of 1/256, whose difference from a pixel's coordinate is exact, and the rest. Clamped so far
 * out that the maps are 0, so that squares stay finite in float32.
 */
function splitCoordinate(value: number): [high: number, low: number] {
  const v = Math.min(Math.max(value, -1e15), 1e15);
  const high = Math.fround(Math.round(v * 256) / 256);
  return [high, v - high];
}

/** The four vec4 of the limb from a to b, as kernels/masks.wgsl lists them. */
function encodeLimb(a: Point, b: Point, { width, height }: MapSize, halfWidth: number): number[] {
  const v: Point = [b[0] - a[0], b[1] - a[1]];
  const normal: Point = [v[1], -v[0]];
  const length2 = dot(v, v);
  if (length2 === 0) return [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0];
  const length = Math.sqrt(length2);
  const border = halfWidth * length;

  // A constant far beyond what the pixel's part can reach decides the sign alone; cut there, it costs no precision.
  const reach = (Math.abs(v[0]) + Math.abs(v[1])) * Math.max(width, height);
  const most = 1000 * reach;
  const largest = Math.max(Math.abs(dot(v, a)), Math.abs(dot(v, b)), Math.abs(dot(normal, a)) + border);
  const scale = 2 ** -Math.ceil(Math.log2(1.01 * (reach + Math.min(most, largest))));
  const unit = 2 ** (Math.ceil(Math.log2(width + height + 3)) - 49);
  const round = (value: number) => Math.sign(value) * Math.round(Math.abs(value * scale) / unit) * unit;

  const scaled: Point = [round(v[0]), round(v[1])];
  const scaledNormal: Point = [scaled[1], -scaled[0]];
  /** The constant of (p - joint) . along. */
  const constant = (joint: Point, along: Point, scaledAlong: Point): number => {
    const whole = -dot(along, joint);
    if (Math.abs(whole) > most) return round(Math.sign(whole) * most);
    const pixel: Point = [Math.round(joint[0]), Math.round(joint[1])];
    return round(dot(along, [pixel[0] - joint[0], pixel[1] - joint[1]])) - dot(scaledAlong, pixel);
  };
  const along = [...scaled, constant(a, v, scaled), constant(b, v, scaled)];
  const across = [constant(a, normal, scaledNormal), round(border)];
  // From scaled units back to map units: across the line, and along it the share that LPM's epsilon leaves.
  const perUnit = 1 / (length * scale);
  const left = LPM_LENGTH_EPSILON / (length2 + LPM_LENGTH_EPSILON);
  return [
    ...along.map(high),
    ...along.map(low),
    ...across.flatMap((c) => [high(c), low(c)]),
    perUnit,
    perUnit * left,
    0,
    0,
  ];
}

const high = (value: number): number => Math.round(value * 2 ** 24) / 2 ** 24;
const low = (value: number): number => value - high(value);

const dot = (a: Point, b: Point): number => a[0] * b[0] + a[1] * b[1];
