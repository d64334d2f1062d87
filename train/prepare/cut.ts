import { existsSync } from "node:fs";
import sharp from "sharp";
import { UserError } from "../../engine/index";
import { HAND } from "../../masks/index";
import type { RgbImage } from "../data/index";
import { decodeImage } from "../data/node";
import type { Labelled } from "../files/node";
import { boxAround, isPlaced, movePoints } from "../pose/index";
import { withFittedJoints } from "../source/node";
import type { SourceHand } from "./contract/node";
import { cropAround, drawCrop, toCrop } from "./crop";

/** A hand whose joints' box is smaller than this many pixels shows nothing. */
const MIN_BOX_PX = 4;
const JPEG = { quality: 95, chromaSubsampling: "4:4:4" } as const;

/** A hand's crop as a JPEG file, and its labels in pixels of the crop. */
export interface Cut extends Omit<Labelled, "name" | "split"> {
  readonly jpeg: Buffer;
}

export async function cutOut(hand: SourceHand, photo: RgbImage, size: number): Promise<Cut> {
  const box = boxAround(hand.points)!;
  const crop = cropAround(box, size);
  const [x, y] = toCrop(crop, [box.x, box.y]);
  const scale = size / crop.side;
  return {
    jpeg: await encode(drawCrop(photo, crop)),
    points: movePoints(withFittedJoints(HAND, hand.points), (point) => toCrop(crop, point)),
    visible: hand.visible,
    tightBox: { x, y, width: Math.max(box.width * scale, 0.001), height: Math.max(box.height * scale, 0.001) },
  };
}

const encode = ({ data, width, height }: RgbImage): Promise<Buffer> =>
  sharp(data, { raw: { width, height, channels: 3 } })
    .jpeg(JPEG)
    .toBuffer();

/** Why a hand cannot be used whatever its photograph; null where it can. */
export function whyUnfit(hand: SourceHand, minJoints: number): string | null {
  const labelled = HAND.joints.filter((_, j) => isPlaced(hand.points, j)).length;
  if (labelled < minJoints)
    return `fewer than ${minJoints} of ${HAND.joints.length} joints are labelled (--min-joints)`;
  const box = boxAround(hand.points);
  if (!box || Math.max(box.width, box.height) < MIN_BOX_PX) return `its joints lie within ${MIN_BOX_PX} pixels`;
  return null;
}

/** Why a hand cannot be used with its photograph; null where it can. */
export function whyOutside({ points, box }: SourceHand, { width, height }: RgbImage): string | null {
  const outside = (b: { x: number; y: number; width: number; height: number }) =>
    b.x >= width || b.y >= height || b.x + b.width <= 0 || b.y + b.height <= 0;
  if (outside(boxAround(points)!)) return "its joints lie outside the photograph";
  if (box && outside(box)) return "its box lies outside the photograph";
  return null;
}

/**
 * The decoded photograph, turned upright where the labels are for its upright size, or one line that says what is wrong.
 * Only the user's files are told so: anything else that fails is thrown.
 */
export async function openPhoto({ path, photoSize }: SourceHand): Promise<RgbImage | string> {
  try {
    if (!existsSync(path)) return "there is no such image";
    if (!photoSize) return await decodeImage(path);
    const fits = ({ width, height }: { width: number; height: number }) =>
      width === photoSize.width && height === photoSize.height;
    const stored = await decodeImage(path);
    if (fits(stored)) return stored;
    const upright = await decodeImage(path, { upright: true });
    if (fits(upright)) return upright;
    return "the image is of another size than its labels are for";
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return error.message.startsWith(`${path}: `) ? error.message.slice(path.length + 2) : error.message;
  }
}
