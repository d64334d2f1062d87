import type { Draws } from "./hash";
import { type Camera, clamp, drawsFor, type ImageKey, type PoseRange, sampleCamera } from "./sampler";
import { add, cross, type Mat3, mix, normalize, scale, type Vec3 } from "./vec3";

/** Colours are linear light, 0 to 1; the kernel's display encoding is the square root (gamma 2). */
export type Rgb = Vec3;

/** A rotated rounded rectangle with a soft edge in the background: discs, cards and bars. */
export interface Blob {
  readonly centre: readonly [number, number];
  /** Radians. */
  readonly angle: number;
  /** Half sides without the rounding, the rounding's radius, and the width of the soft edge, in crop sides. */
  readonly half: readonly [number, number];
  readonly round: number;
  readonly soft: number;
  readonly colour: Rgb;
  readonly opacity: number;
}

/** Everything about an image that is not geometry of the hand. */
export interface Look {
  /** Unit vector towards the light, in the camera frame; its z is negative: the light is on the viewer's side. */
  readonly light: Vec3;
  readonly lightColour: Rgb;
  /** Light from all around: from above, and from below. */
  readonly sky: Rgb;
  readonly ground: Rgb;
  readonly gloss: number;
  /** Skin on the back of the hand, on the palm, and where blood shows through: nails, fingertips, knuckles. */
  readonly skin: Rgb;
  readonly palm: Rgb;
  readonly nail: Rgb;
  readonly sleeve: Rgb;
  /** The background runs from one colour to the other along the unit vector (cos, sin) of `angle`. */
  readonly backdrop: readonly [Rgb, Rgb];
  readonly angle: number;
  /** Value noise over it: strength, cells across the crop, seed (an integer below 2^24). */
  readonly noise: { readonly strength: number; readonly cells: number; readonly seed: number };
  readonly blobs: readonly Blob[];
  readonly camera: Camera;
}

/** Skin from very light to very dark, as displayed (0 to 255); tones between are mixed. */
const SKIN_TONES: readonly Rgb[] = [
  [250, 220, 202],
  [240, 198, 168],
  [220, 166, 128],
  [186, 127, 88],
  [142, 92, 62],
  [98, 62, 43],
  [62, 40, 30],
];
/** What palms of all tones tend to. */
const PALM_TONE: Rgb = [226, 170, 142];
const NAIL_TONE: Rgb = [240, 186, 172];
export const BLOBS = 5;

/** Displayed 0 to 255 to linear light. */
const linear = ([r, g, b]: Rgb): Rgb => [(r / 255) ** 2, (g / 255) ** 2, (b / 255) ** 2];

export function sampleLook(key: ImageKey, range: PoseRange): Look {
  const skin = sampleSkin(drawsFor(key, "skin"));
  const background = sampleBackground(drawsFor(key, "background"));
  return {
    ...skin,
    ...sampleLight(drawsFor(key, "light")),
    ...background,
    blobs: withSkinTones(background.blobs, skin.skin, drawsFor(key, "distractors"), range),
    camera: sampleCamera(key, range),
  };
}

/** Some of the blobs get the hand's own colour, in another light. The first draw decides as for `distractorsBehind`. */
function withSkinTones(blobs: readonly Blob[], skin: Rgb, draws: Draws, { distractors }: PoseRange): readonly Blob[] {
  if (!draws.chance(distractors)) return blobs;
  return blobs.map((blob) => {
    const [chosen, light] = [draws.chance(0.4), draws.uniform(0.35, 1.1)];
    return chosen ? { ...blob, colour: scale(skin, light) } : blob;
  });
}

function sampleSkin(draws: Draws) {
  const darkness = draws.uniform();
  const at = darkness * (SKIN_TONES.length - 1);
  const i = Math.min(Math.floor(at), SKIN_TONES.length - 2);
  const warmth = draws.around(0, 7);
  const base = add(mix(SKIN_TONES[i], SKIN_TONES[i + 1], at - i), [warmth, 0, -warmth]);
  const [red, green, blue] = base.map((v) => clamp(v * draws.around(1, 0.03), 0, 255));
  const skin: Rgb = [red, green, blue];
  return {
    skin: linear(skin),
    palm: linear(mix(skin, PALM_TONE, 0.2 + 0.3 * darkness)),
    nail: linear(mix(skin, NAIL_TONE, 0.55 - 0.2 * darkness)),
    gloss: draws.uniform(0.02, 0.11) + 0.05 * darkness,
    sleeve: linear(vivid(draws, draws.uniform(25, 235), 0.55)),
  };
}

/** A colour of the given brightness (0 to 255) whose channels stray from it by up to the given share. */
const vivid = (draws: Draws, brightness: number, strength: number): Rgb => {
  const channel = () => clamp(brightness * (1 + strength * draws.uniform(-1, 1)), 4, 255);
  return [channel(), channel(), channel()];
};

function sampleLight(draws: Draws) {
  // Mostly from above: azimuth around straight up, wide enough to come from below now and then.
  const azimuth = -Math.PI / 2 + draws.around(0, Math.PI * 0.95);
  const slant = draws.uniform(12, 62) * (Math.PI / 180);
  const light: Vec3 = [Math.cos(azimuth) * Math.sin(slant), Math.sin(azimuth) * Math.sin(slant), -Math.cos(slant)];
  const warmth = draws.uniform(-0.1, 0.16);
  const power = draws.uniform(0.75, 1.2);
  const fill = draws.uniform(0.16, 0.4);
  return {
    light,
    lightColour: scale([1 + warmth, 1, 1 - warmth], power),
    sky: scale([1 - 0.7 * warmth, 1, 1 + 0.7 * warmth], fill * 1.25),
    ground: scale([1.1, 0.95, 0.85], fill * 0.7),
  };
}

function sampleBackground(draws: Draws) {
  const brightness = draws.uniform(20, 235);
  const second = clamp(brightness + draws.around(0, 110), 10, 245);
  const hue = draws.uniform(0.05, 0.4);
  const blobs = Array.from({ length: BLOBS }, (): Blob => {
    const [kind, reach] = [draws.uniform(), draws.uniform(0.03, 0.28)];
    const half: [number, number] =
      kind < 0.4
        ? [0, 0]
        : kind < 0.7
          ? [reach, reach * draws.uniform(0.4, 1)]
          : [draws.uniform(0.3, 0.9), 0.1 * reach];
    return {
      centre: [draws.uniform(-0.05, 1.05), draws.uniform(-0.05, 1.05)],
      angle: draws.uniform(0, Math.PI),
      half,
      round: kind < 0.4 ? reach : draws.uniform(0.004, 0.03),
      soft: draws.chance(0.5) ? draws.uniform(0.004, 0.02) : draws.uniform(0.03, 0.14),
      colour: linear(vivid(draws, draws.uniform(20, 240), 0.4)),
      opacity: draws.chance(0.75) ? draws.uniform(0.3, 0.95) : 0,
    };
  });
  const backdrop: readonly [Rgb, Rgb] = [linear(vivid(draws, brightness, hue)), linear(vivid(draws, second, hue))];
  return {
    backdrop,
    angle: draws.uniform(0, 2 * Math.PI),
    noise: { strength: draws.uniform(0.02, 0.3), cells: draws.uniform(3, 22), seed: draws.bits() >>> 8 },
    blobs,
  };
}

/** Camera frame to a frame that looks along the light: z away from it. Its rows are the new axes. */
export function lightFrame(light: Vec3): Mat3 {
  const away = scale(light, -1);
  const x = normalize(cross([0, 1, 0], away));
  return [x, cross(away, x), away];
}
