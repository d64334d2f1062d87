import { groupsOfChannels, type Skeleton } from "../../masks/index";
import { CROP_BOXES, type RgbImage } from "../data/index";
import { jointColor, limbColors } from "../pictures/index";
import {
  Canvas,
  type Cell,
  channel,
  drawSkeleton,
  heatmapOverlay,
  type Picture,
  resized,
  sheet,
  tintOverlay,
} from "../pictures/node";
import { boxAround, type Points } from "../pose/index";
import type { FoundHand } from "./hands";

/** Longer side in pixels beyond which an overlay is drawn on a smaller copy of the photo. */
const LARGEST_OVERLAY = 2048;
/** Side in pixels of a sheet's pictures. */
const PANEL = 176;

/**
 * The photo with the hand's joints and bones drawn on it, as PNG. Lines are as thick as suits the hand's size.
 * @param points [J, 2] in pixels of the photo
 */
export async function overlayPicture(skeleton: Skeleton, image: RgbImage, points: Points): Promise<Buffer> {
  const scale = Math.min(1, LARGEST_OVERLAY / Math.max(image.width, image.height));
  const [width, height] = [image.width, image.height].map((side) => Math.max(1, Math.round(side * scale)));
  const canvas = Canvas.from(await resized(asPicture(image), width, height));
  const unit = (CROP_BOXES * handSize(points) * scale) / 256;
  drawSkeleton(canvas, skeleton, points, scale, Math.max(0.5, unit));
  return canvas.png();
}

/**
 * What the network saw with its joints, all confidence maps together, and each by itself, as PNG.
 * @param points [J, 2] in pixels of what the network saw
 */
export async function heatmapSheet(skeleton: Skeleton, name: string, hand: FoundHand, points: Points): Promise<Buffer> {
  const { heatmaps, confidence } = hand;
  const { joints, partKind } = skeleton;
  const photo = await resized(asPicture(hand.seen), PANEL, PANEL);
  const drawn = Canvas.from(photo);
  drawSkeleton(drawn, skeleton, points, PANEL / hand.seen.width);
  const colors = joints.map((_, joint) => jointColor(skeleton, joint));
  const cells: Cell[] = [
    { picture: drawn, label: "joints" },
    { picture: heatmapOverlay(photo, heatmaps), label: "maximum" },
    { picture: tintOverlay(photo, heatmaps, colors), label: `by ${partKind}` },
    ...joints.map((joint, j): Cell => {
      return {
        picture: heatmapOverlay(photo, channel(heatmaps, j)),
        label: `${joint.name} ${confidence[j].toFixed(2)}`,
      };
    }),
  ];
  return sheet(cells, 8, name).png();
}

/** The limb masks, those of the parts together and each by itself, as PNG. */
export async function maskSheet(skeleton: Skeleton, name: string, { seen, limbs }: FoundHand): Promise<Buffer> {
  if (!limbs) throw new Error("no limb masks were read back");
  const photo = await resized(asPicture(seen), PANEL, PANEL);
  const cells: Cell[] = [{ picture: photo, label: "photo" }];
  const colors = limbColors(skeleton, limbs.channels);
  if (colors) cells.push({ picture: tintOverlay(photo, limbs, colors), label: `by ${skeleton.partKind}` });
  for (const [g, group] of groupsOfChannels(skeleton, limbs.channels)!.entries()) {
    cells.push({ picture: heatmapOverlay(photo, channel(limbs, g)), label: group.name });
  }
  return sheet(cells, cells.length, name).png();
}

const asPicture = ({ width, height, data }: RgbImage): Picture => ({ width, height, pixels: data });

/** The longer side of the box around the joints that are there; 0 where none is. */
function handSize(points: Points): number {
  const box = boxAround(points);
  return box ? Math.max(box.width, box.height) : 0;
}
