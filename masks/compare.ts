import type { Gpu } from "../engine/index";
import { LDM_HALF_WIDTH, type LimbOptions, type MapSize } from "./options";
import { limbDistance2, type Placement, place } from "./reference";
import { renderTargets } from "./render";
import { groupsOf, type Skeleton } from "./skeleton";

/** The outputs of a masks fixture: heat [n, J, h, w], grouped limb maps [n, L, h, w], for a hand of 7 channels; row-major. */
export const MASK_OUTPUTS = ["heat", "lpm_g7", "ldm_g7"] as const;
/** One of MASK_OUTPUTS. */
export type MaskOutput = (typeof MASK_OUTPUTS)[number];
/** The outputs of a fixture, each flat. */
export type MaskSet = { [K in MaskOutput]: ArrayLike<number> };

/** What is drawn: a skeleton, its limbs united as one of its groupings has them, on maps of a size. */
export interface MaskScene {
  readonly skeleton: Skeleton;
  /** The skeleton's pictured one by default, which for a hand is that of the fixtures. */
  readonly grouping?: string;
  /** [n, J, 2] in map units. */
  readonly labels: Float64Array;
  readonly size: MapSize;
}

/** A pixel that differs, where float32 could not have told. */
export interface UndecidableCase {
  readonly output: MaskOutput;
  readonly hand: number;
  /** The group's name, e.g. "thumb". */
  readonly channel: string;
  readonly x: number;
  readonly y: number;
  /** The limb that can be read either way. */
  readonly limb: string;
  readonly reason: "at a border" | "short limb";
}

/** How one output compares with what was expected. */
export interface MaskComparison {
  readonly output: MaskOutput;
  /** The largest difference outside undecidable cases. Infinity where a value is not finite. */
  readonly largest: number;
  /** Pixels that differ by more than the tolerance (any difference, for LDM), outside undecidable cases. */
  readonly differing: number;
  readonly undecidable: readonly UndecidableCase[];
}

/** How far from the expected maps is right: LDM is 0 or 1 and must be the same. */
export const MASK_TOLERANCE: { readonly [K in MaskOutput]: number } = { heat: 1e-5, lpm_g7: 1e-5, ldm_g7: 0 };

/** Map units within which a comparison can come out either way in float32. */
const BORDER = 1e-5;
/** Map units below which a limb has no direction in float32. */
const SHORT = 1e-3;

/** Hands drawn at a time, so that any number of them fits an adapter's limits. */
const CHUNK = 32;

/** The scene's grouping and its groups. */
function groupingOf({ skeleton, grouping = skeleton.pictured }: MaskScene) {
  return { grouping, groups: groupsOf(skeleton, grouping) };
}

/** Draws the three outputs as the original does, on the GPU. */
export async function renderMaskSet(gpu: Gpu, scene: MaskScene) {
  const { skeleton, labels, size } = scene;
  const { height, width } = size;
  const { grouping, groups } = groupingOf(scene);
  const [joints, channels] = [skeleton.joints.length, groups.length];
  const hands = labels.length / (2 * joints);
  const area = height * width;
  const set = {
    heat: new Float32Array(hands * joints * area),
    lpm_g7: new Float32Array(hands * channels * area),
    ldm_g7: new Float32Array(hands * channels * area),
  };
  for (let from = 0; from < hands; from += CHUNK) {
    await gpu.scopeAsync(async () => {
      const n = Math.min(CHUNK, hands - from);
      const some = labels.subarray(from * 2 * joints, (from + n) * 2 * joints);
      const heat = gpu.empty([n, joints, height, width]);
      const lpm = gpu.empty([n, channels, height, width]);
      const ldm = gpu.empty([n, channels, height, width]);
      renderTargets(gpu, skeleton, some, { heat, limb: lpm }, { kind: "LPM", grouping });
      renderTargets(gpu, skeleton, some, { limb: ldm }, { kind: "LDM", grouping });
      set.heat.set(await heat.data(), from * joints * area);
      set.lpm_g7.set(await lpm.data(), from * channels * area);
      set.ldm_g7.set(await ldm.data(), from * channels * area);
    });
  }
  return set;
}

/**
 * Compares rendered maps with expected ones, output by output. A limb pixel that differs is left out of the verdict only
 * where both values can be had by reading in another way a comparison that float32 cannot decide: one within 1e-5 map units
 * of its threshold, or one of a limb shorter than 1e-3. Every such pixel is listed.
 */
export function compareMasks(scene: MaskScene, expected: MaskSet, actual: MaskSet): MaskComparison[] {
  return MASK_OUTPUTS.map((output) => {
    const undecidable: UndecidableCase[] = [];
    let largest = 0;
    let differing = 0;
    for (let i = 0; i < expected[output].length; i++) {
      const difference = Math.abs(actual[output][i] - expected[output][i]);
      if (difference <= MASK_TOLERANCE[output]) {
        largest = Math.max(largest, difference);
        continue;
      }
      const excuse = output === "heat" ? null : undecided(scene, output, i, expected[output][i], actual[output][i]);
      if (excuse) {
        undecidable.push(excuse);
        continue;
      }
      differing++;
      largest = Math.max(largest, Number.isFinite(difference) ? difference : Number.POSITIVE_INFINITY);
    }
    return { output, largest, differing, undecidable };
  });
}

/** The case that explains why element `i` of a limb map is `expected` there and `actual` here, or null. */
function undecided(
  scene: MaskScene,
  output: "lpm_g7" | "ldm_g7",
  i: number,
  expected: number,
  actual: number,
): UndecidableCase | null {
  const { skeleton, labels, size } = scene;
  const { groups } = groupingOf(scene);
  const [x, y] = [i % size.width, Math.floor(i / size.width) % size.height];
  const map = Math.floor(i / (size.width * size.height));
  const group = groups[map % groups.length];
  const hand = Math.floor(map / groups.length);
  const range = output === "ldm_g7" ? ldmRange : lpmRange;
  let [lowest, highest] = [0, 0];
  let cause: { limb: number; short: boolean; spread: number } | null = null;
  for (const limb of group.limbs) {
    const p = place(skeleton, labels, hand, limb, x, y);
    const [low, high] = range(p);
    lowest = Math.max(lowest, low);
    highest = Math.max(highest, high);
    if (high - low > (cause?.spread ?? 0)) cause = { limb, short: isShort(p), spread: high - low };
  }
  const possible = (value: number) =>
    lowest - MASK_TOLERANCE[output] <= value && value <= highest + MASK_TOLERANCE[output];
  if (!cause || !possible(expected) || !possible(actual)) return null;
  const reason = cause.short ? "short limb" : "at a border";
  return { output, hand, channel: group.name, x, y, limb: skeleton.limbs[cause.limb].name, reason };
}

const isShort = ({ length2 }: Placement): boolean => length2 > 0 && length2 < SHORT * SHORT;

/** The ways `value <= 0` can come out, `value` being a distance times the limb's length. */
function atMostZero(value: number, p: Placement): readonly boolean[] {
  if (p.length2 > 0 && (isShort(p) || Math.abs(value) < BORDER * Math.sqrt(p.length2))) return [true, false];
  return [value <= 0];
}

/** LDM's least and greatest possible value: inside for certain, inside perhaps. */
function ldmRange(p: Placement): [number, number] {
  const near = Math.abs(p.across) - LDM_HALF_WIDTH * Math.sqrt(p.length2);
  const conditions = [atMostZero(near, p), atMostZero(-p.fromA, p), atMostZero(p.fromB, p)];
  // A short limb has no direction, but it has a place.
  const away = isShort(p) && p.toA2 > (LDM_HALF_WIDTH + SHORT) ** 2;
  const perhaps = !away && conditions.every((c) => c.includes(true));
  const certain = conditions.every((c) => !c.includes(false));
  return [certain ? 1 : 0, perhaps ? 1 : 0];
}

/** LPM's least and greatest possible value. */
function lpmRange(p: Placement): [number, number] {
  const values: number[] = [];
  for (const before of atMostZero(p.fromA, p)) {
    for (const past of atMostZero(-p.fromB, p)) {
      for (const line2 of isShort(p) ? [0, p.toB2] : [undefined]) {
        values.push(Math.exp(-limbDistance2(p, ORIGINAL, { before, past, line2 }) / 2));
      }
    }
  }
  return [Math.min(...values), Math.max(...values)];
}

/** The distance's own options; how limbs are grouped plays no part in it. */
const ORIGINAL: LimbOptions = { kind: "LPM", grouping: "EACH" };
