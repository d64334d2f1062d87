import { groupsOfChannels, type LimbGroup, partOf, type Skeleton } from "../../masks/index";

/** Red, green, blue, 0 to 255. */
export type Rgb = readonly [number, number, number];

/**
 * The colours of a skeleton's parts after the root's own, in turn. A hand's thumb, index, middle, ring and little finger have
 * the hues that the original draws them in: red, yellow, green, blue, purple.
 */
export const PART_COLORS: readonly Rgb[] = [
  [242, 66, 66],
  [252, 208, 52],
  [64, 196, 99],
  [58, 134, 255],
  [186, 85, 235],
];
/** The root's, and that of what belongs to no one part: a hand's wrist and palm. */
export const ROOT_COLOR: Rgb = [236, 236, 236];

/** The colour of a part, given by its place among the skeleton's. */
const partColor = (part: number): Rgb => (part === 0 ? ROOT_COLOR : PART_COLORS[(part - 1) % PART_COLORS.length]);

/** The colour of the part that a joint belongs to. */
export const jointColor = (skeleton: Skeleton, joint: number): Rgb => partColor(partOf(skeleton, joint));

/**
 * Colours of the channels of a limb map, by their number, which tells the grouping: a group has the colour of the part that
 * its limbs lead to, or the root's where they lead to several. Null stands for a channel that is not drawn: all limbs together
 * would only hide the others. Null altogether for a single channel, and for a number that no grouping has.
 */
export function limbColors(skeleton: Skeleton, channels: number): readonly (Rgb | null)[] | null {
  const groups = groupsOfChannels(skeleton, channels);
  if (!groups || groups.length === 1) return null;
  return groups.map((group) => (group.limbs.length === skeleton.limbs.length ? null : groupColor(skeleton, group)));
}

function groupColor(skeleton: Skeleton, { limbs }: LimbGroup): Rgb {
  const parts = new Set(limbs.map((limb) => partOf(skeleton, skeleton.limbs[limb].to)));
  const [part] = parts;
  return parts.size === 1 ? partColor(part) : ROOT_COLOR;
}

/**
 * Colour for a value from 0 (dark violet) to 1 (light yellow). Equal steps of the value are equal steps of perceived
 * lightness, and the hue turns once from violet over blue and green to yellow, so no false edges appear. Computed in
 * OKLab (B. Ottosson, "A perceptual color space for image processing", 2020), out of range values clamped.
 */
export function colormap(value: number): Rgb {
  return TABLE[Math.round(Math.min(1, Math.max(0, value || 0)) * (TABLE.length - 1))];
}

const TABLE: readonly Rgb[] = Array.from({ length: 256 }, (_, i) => {
  const t = i / 255;
  const hue = ((305 - 200 * t) * Math.PI) / 180;
  const chroma = 0.1 + 0.06 * Math.sin(Math.PI * t) + 0.05 * t;
  return oklabToRgb(0.22 + 0.7 * t, chroma * Math.cos(hue), chroma * Math.sin(hue));
});

function oklabToRgb(lightness: number, a: number, b: number): Rgb {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    encode(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    encode(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    encode(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

/** Linear light to an sRGB byte (IEC 61966-2-1). */
function encode(linear: number): number {
  const clamped = Math.min(1, Math.max(0, linear));
  return Math.round(255 * (clamped <= 0.0031308 ? 12.92 * clamped : 1.055 * clamped ** (1 / 2.4) - 0.055));
}
