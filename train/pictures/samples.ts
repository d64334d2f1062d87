import { G1_6, JOINTS } from "../../masks/index";
import { Canvas, type Picture, resized } from "./canvas";
import { jointColor, limbColors } from "./colors";
import { channel, drawSkeleton, heatmapOverlay, type Joints, tintOverlay } from "./hand";
import type { Maps } from "./maps";
import { type Cell, captionBelow, sheet } from "./sheet";

/** One image with what the network said of it and what is true. Joints are in pixels of `image`. */
export interface Sample {
  /** Name and score, for instance; written on the first picture. */
  caption: string;
  image: Picture;
  joints: { predicted: Joints; true: Joints };
  /** Confidence maps, a channel a joint. */
  heatmaps: { predicted: Maps; true: Maps };
  /** Limb masks (after the sigmoid) of 1, 6, 7 or 20 channels; null for a network without. */
  limbs: { predicted: Maps; true: Maps } | null;
}

/**
 * A PNG with a row for each sample: the image with predicted and true skeleton, the largest of its heatmaps predicted
 * and true, and its limb masks predicted and true. `panel` is the side of each picture in pixels.
 */
export async function samplePicture(samples: readonly Sample[], panel = 208): Promise<Buffer> {
  const cells: Cell[] = [];
  for (const { caption, image, joints, heatmaps, limbs } of samples) {
    const photo = await resized(image, panel, panel);
    const scale = panel / image.width;
    const predicted = withSkeleton(photo, joints.predicted, scale);
    captionBelow(predicted, caption);
    cells.push(
      { picture: predicted, label: "predicted" },
      { picture: withSkeleton(photo, joints.true, scale), label: "true" },
      { picture: heatmapOverlay(photo, heatmaps.predicted), label: `heatmaps, ${largest(heatmaps.predicted)}` },
      { picture: heatmapOverlay(photo, heatmaps.true), label: "true heatmaps" },
    );
    if (!limbs) continue;
    cells.push(
      { picture: limbOverlay(photo, limbs.predicted), label: `limb masks, ${largest(limbs.predicted)}` },
      { picture: limbOverlay(photo, limbs.true), label: "true limb masks" },
    );
  }
  return sheet(cells, samples[0]?.limbs ? 6 : 4).png();
}

/** A PNG of one image with the predicted and the true skeleton, side by side. Joints are in pixels of `image`. */
export async function predictionPicture(
  { image, predicted, true: truth }: { image: Picture; predicted: Joints; true: Joints },
  panel = 208,
): Promise<Buffer> {
  const photo = await resized(image, panel, panel);
  const scale = panel / image.width;
  const cells: Cell[] = [
    { picture: withSkeleton(photo, predicted, scale), label: "predicted" },
    { picture: withSkeleton(photo, truth, scale), label: "true" },
  ];
  return sheet(cells, 2).png();
}

/** What the network is trained on for one image. Both limb maps have the seven channels of G1&6. */
export interface TargetMaps {
  name: string;
  image: Picture;
  joints: Joints;
  heatmaps: Maps;
  ldm: Maps;
  lpm: Maps;
}

/**
 * A PNG of one image's target maps. First row: the photo, its joints, the Gaussian maps together and one alone, the
 * masks of G6 in their colours. Second and third: every channel of G1 and G6, as LDM and as LPM.
 */
export async function masksSheet(targets: TargetMaps, panel = 208): Promise<Buffer> {
  const { name, image, joints, heatmaps, ldm, lpm } = targets;
  const photo = await resized(image, panel, panel);
  const tip = JOINTS.indexOf("index tip");
  const byJoint = JOINTS.map((_, joint) => jointColor(joint));
  const groups = (kind: string, maps: Maps, between: "smooth" | "nearest") =>
    G1_6.map((group, g): Cell => {
      return { picture: heatmapOverlay(photo, channel(maps, g), between), label: `${kind} ${group.name}` };
    });
  const cells: Cell[] = [
    { picture: photo, label: "photo" },
    { picture: withSkeleton(photo, joints, panel / image.width), label: "joints" },
    { picture: heatmapOverlay(photo, heatmaps), label: "Gaussian, maximum" },
    { picture: tintOverlay(photo, heatmaps, byJoint), label: "Gaussian, by finger" },
    { picture: heatmapOverlay(photo, channel(heatmaps, tip)), label: `Gaussian, ${JOINTS[tip]}` },
    { picture: limbOverlay(photo, ldm, "nearest"), label: "LDM, G6 together" },
    { picture: limbOverlay(photo, lpm), label: "LPM, G6 together" },
    ...groups("LDM", ldm, "nearest"),
    ...groups("LPM", lpm, "smooth"),
  ];
  return sheet(cells, G1_6.length, name).png();
}

function withSkeleton(photo: Picture, joints: Joints, scale: number): Canvas {
  const canvas = Canvas.from(photo);
  drawSkeleton(canvas, joints, scale);
  return canvas;
}

/** Limb masks in their fingers' colours; a single channel, which has none, in false colours. */
function limbOverlay(photo: Picture, maps: Maps, between: "smooth" | "nearest" = "smooth"): Canvas {
  const colors = limbColors(maps.channels);
  return colors ? tintOverlay(photo, maps, colors, between) : heatmapOverlay(photo, maps, between);
}

/** An untrained network's maps are all but black: the largest value says whether anything is there. */
function largest({ data }: Maps): string {
  return `max ${data.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY).toFixed(2)}`;
}
