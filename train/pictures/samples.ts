import { groupsOf, type Skeleton } from "../../masks/index";
import type { Points } from "../pose/index";
import { Canvas, type Picture, resized } from "./canvas";
import { jointColor, limbColors } from "./colors";
import { channel, drawSkeleton, heatmapOverlay, tintOverlay } from "./hand";
import type { Maps } from "./maps";
import { type Cell, captionBelow, sheet } from "./sheet";

/** One image with what the network said of it and what is true. */
export interface Sample {
  skeleton: Skeleton;
  /** Name and score, for instance; written on the first picture. */
  caption: string;
  image: Picture;
  /** [J, 2] in pixels of `image`. */
  points: { predicted: Points; true: Points };
  /** Confidence maps, a channel a joint. */
  heatmaps: { predicted: Maps; true: Maps };
  /** Limb masks (after the sigmoid) with a channel for each group of one of the groupings; null for a network without. */
  limbs: { predicted: Maps; true: Maps } | null;
}

/**
 * A PNG with a row for each sample: the image with predicted and true skeleton, the largest of its heatmaps predicted
 * and true, and its limb masks predicted and true. `panel` is the side of each picture in pixels.
 */
export async function samplePicture(samples: readonly Sample[], panel = 208): Promise<Buffer> {
  const cells: Cell[] = [];
  for (const { skeleton, caption, image, points, heatmaps, limbs } of samples) {
    const photo = await resized(image, panel, panel);
    const scale = panel / image.width;
    const predicted = withSkeleton(photo, skeleton, points.predicted, scale);
    captionBelow(predicted, caption);
    cells.push(
      { picture: predicted, label: "predicted" },
      { picture: withSkeleton(photo, skeleton, points.true, scale), label: "true" },
      { picture: heatmapOverlay(photo, heatmaps.predicted), label: `heatmaps, ${largest(heatmaps.predicted)}` },
      { picture: heatmapOverlay(photo, heatmaps.true), label: "true heatmaps" },
    );
    if (!limbs) continue;
    cells.push(
      { picture: limbOverlay(photo, skeleton, limbs.predicted), label: `limb masks, ${largest(limbs.predicted)}` },
      { picture: limbOverlay(photo, skeleton, limbs.true), label: "true limb masks" },
    );
  }
  return sheet(cells, samples[0]?.limbs ? 6 : 4).png();
}

/** A PNG of one image with the predicted and the true skeleton, side by side: [J, 2] in pixels of `image`. */
export async function predictionPicture(
  { skeleton, image, points }: Pick<Sample, "skeleton" | "image" | "points">,
  panel = 208,
): Promise<Buffer> {
  const photo = await resized(image, panel, panel);
  const scale = panel / image.width;
  const cells: Cell[] = [
    { picture: withSkeleton(photo, skeleton, points.predicted, scale), label: "predicted" },
    { picture: withSkeleton(photo, skeleton, points.true, scale), label: "true" },
  ];
  return sheet(cells, 2).png();
}

/** What the network is trained on for one image. Both limb maps have the channels that pictures show, a hand's G1&6. */
export interface TargetMaps {
  skeleton: Skeleton;
  name: string;
  image: Picture;
  /** [J, 2] in pixels of `image`. */
  points: Points;
  heatmaps: Maps;
  ldm: Maps;
  lpm: Maps;
}

/**
 * A PNG of one image's target maps. First row: the photo, its joints, the Gaussian maps together and one alone, the limb
 * masks in their parts' colours. Second and third: every channel, as LDM and as LPM.
 */
export async function masksSheet(targets: TargetMaps, panel = 208): Promise<Buffer> {
  const { skeleton, name, image, points, heatmaps, ldm, lpm } = targets;
  const { joints, landmark, partKind } = skeleton;
  const photo = await resized(image, panel, panel);
  const byJoint = joints.map((_, joint) => jointColor(skeleton, joint));
  const groups = groupsOf(skeleton, skeleton.pictured);
  const each = (kind: string, maps: Maps, between: "smooth" | "nearest") =>
    groups.map((group, g): Cell => {
      return { picture: heatmapOverlay(photo, channel(maps, g), between), label: `${kind} ${group.name}` };
    });
  const cells: Cell[] = [
    { picture: photo, label: "photo" },
    { picture: withSkeleton(photo, skeleton, points, panel / image.width), label: "joints" },
    { picture: heatmapOverlay(photo, heatmaps), label: "Gaussian, maximum" },
    { picture: tintOverlay(photo, heatmaps, byJoint), label: `Gaussian, by ${partKind}` },
    { picture: heatmapOverlay(photo, channel(heatmaps, landmark)), label: `Gaussian, ${joints[landmark].name}` },
    { picture: limbOverlay(photo, skeleton, ldm, "nearest"), label: `LDM, by ${partKind}` },
    { picture: limbOverlay(photo, skeleton, lpm), label: `LPM, by ${partKind}` },
    ...each("LDM", ldm, "nearest"),
    ...each("LPM", lpm, "smooth"),
  ];
  return sheet(cells, groups.length, name).png();
}

function withSkeleton(photo: Picture, skeleton: Skeleton, points: Points, scale: number): Canvas {
  const canvas = Canvas.from(photo);
  drawSkeleton(canvas, skeleton, points, scale);
  return canvas;
}

/** Limb masks in their parts' colours; a single channel, which has none, in false colours. */
function limbOverlay(photo: Picture, skeleton: Skeleton, maps: Maps, between: "smooth" | "nearest" = "smooth"): Canvas {
  const colors = limbColors(skeleton, maps.channels);
  return colors ? tintOverlay(photo, maps, colors, between) : heatmapOverlay(photo, maps, between);
}

/** An untrained network's maps are all but black: the largest value says whether anything is there. */
function largest({ data }: Maps): string {
  return `max ${data.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY).toFixed(2)}`;
}
