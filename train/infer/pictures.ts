import { G1, G1_6, JOINTS } from "../../masks/index";
import { CROP_BOXES, type RgbImage } from "../data/index";
import { jointColor, limbColors } from "../pictures/index";
import {
  Canvas,
  type Cell,
  channel,
  drawSkeleton,
  heatmapOverlay,
  type Joints,
  type Picture,
  resized,
  sheet,
  tintOverlay,
} from "../pictures/node";
import type { FoundHand } from "./hands";

/** Longer side in pixels beyond which an overlay is drawn on a smaller copy of the photo. */
const LARGEST_OVERLAY = 2048;
/** Side in pixels of a sheet's pictures. */
const PANEL = 176;

type Point = readonly number[];

/** The photo with the hand's joints and bones drawn on it, as PNG. Lines are as thick as suits the hand's size. */
export async function overlayPicture(image: RgbImage, joints: readonly Point[]): Promise<Buffer> {
  const scale = Math.min(1, LARGEST_OVERLAY / Math.max(image.width, image.height));
  const [width, height] = [image.width, image.height].map((side) => Math.max(1, Math.round(side * scale)));
  const canvas = Canvas.from(await resized(asPicture(image), width, height));
  const unit = (CROP_BOXES * handSize(joints) * scale) / 256;
  drawSkeleton(canvas, joints as Joints, scale, Math.max(0.5, unit));
  return canvas.png();
}

/** What the network saw with its joints, all confidence maps together, and each by itself, as PNG. */
export async function heatmapSheet(name: string, hand: FoundHand, joints: readonly Point[]): Promise<Buffer> {
  const { heatmaps, confidence } = hand;
  const photo = await resized(asPicture(hand.seen), PANEL, PANEL);
  const skeleton = Canvas.from(photo);
  drawSkeleton(skeleton, joints as Joints, PANEL / hand.seen.width);
  const colors = JOINTS.map((_, joint) => jointColor(joint));
  const cells: Cell[] = [
    { picture: skeleton, label: "joints" },
    { picture: heatmapOverlay(photo, heatmaps), label: "maximum" },
    { picture: tintOverlay(photo, heatmaps, colors), label: "by finger" },
    ...JOINTS.map((joint, j): Cell => {
      return { picture: heatmapOverlay(photo, channel(heatmaps, j)), label: `${joint} ${confidence[j].toFixed(2)}` };
    }),
  ];
  return sheet(cells, 8, name).png();
}

/** The limb masks, those of fingers and palm together and each by itself, as PNG. */
export async function maskSheet(name: string, { seen, limbs }: FoundHand): Promise<Buffer> {
  if (!limbs) throw new Error("no limb masks were read back");
  const photo = await resized(asPicture(seen), PANEL, PANEL);
  const cells: Cell[] = [{ picture: photo, label: "photo" }];
  const colors = limbColors(limbs.channels);
  if (colors) cells.push({ picture: tintOverlay(photo, limbs, colors), label: "fingers and palm" });
  const groups = limbs.channels === G1.length ? G1 : G1_6;
  for (const [g, group] of groups.entries()) {
    cells.push({ picture: heatmapOverlay(photo, channel(limbs, g)), label: group.name });
  }
  return sheet(cells, cells.length, name).png();
}

const asPicture = ({ width, height, data }: RgbImage): Picture => ({ width, height, pixels: data });

/** The longer side of the box around the joints that are there; 0 where none is. */
function handSize(joints: readonly Point[]): number {
  const extent = (axis: number) => {
    const values = joints.map((joint) => joint[axis]).filter(Number.isFinite);
    return values.length ? Math.max(...values) - Math.min(...values) : 0;
  };
  return Math.max(extent(0), extent(1));
}
