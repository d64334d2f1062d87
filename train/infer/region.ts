import { UserError } from "../../engine/index";
import { CROP_BOXES, type RgbImage } from "../data/index";
import type { Box } from "../pose/index";

/** The square of an image that the network looks at, in whole pixels; it may reach beyond the image. */
export interface Region {
  readonly x: number;
  readonly y: number;
  readonly side: number;
}

type Size = Pick<RgbImage, "width" | "height">;

/** The smallest square around the whole image, with the image in its middle: nothing is distorted. */
export function wholeImage({ width, height }: Size): Region {
  const side = Math.max(width, height);
  return { x: -Math.floor((side - width) / 2), y: -Math.floor((side - height) / 2), side };
}

/** The square that a crop of the training data would be around this tight box. */
export function aroundBox({ x, y, width, height }: Box): Region {
  const side = Math.max(1, Math.round(CROP_BOXES * Math.max(width, height)));
  return { x: Math.round(x + (width - side) / 2), y: Math.round(y + (height - side) / 2), side };
}

/** The region's pixels, black outside the image. */
export function cropRegion(image: RgbImage, { x, y, side }: Region): RgbImage {
  const data = new Uint8Array(side * side * 3);
  const left = Math.max(0, x);
  const right = Math.min(image.width, x + side);
  for (let row = Math.max(0, y); row < Math.min(image.height, y + side); row++) {
    const from = (row * image.width + left) * 3;
    data.set(image.data.subarray(from, from + Math.max(0, right - left) * 3), ((row - y) * side + left - x) * 3);
  }
  return { width: side, height: side, data };
}

/** Reads a tight box "x,y,w,h" in pixels. @throws UserError */
export function parseBox(text: string): Box {
  const parts = text.split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
  const [x, y, width, height] = parts;
  if (parts.length !== 4 || !parts.every(Number.isFinite) || width <= 0 || height <= 0) {
    throw new UserError(`--bbox ${text}: expected x,y,w,h in pixels, w and h above 0`);
  }
  return { x, y, width, height };
}

/** @throws UserError for a box that lies beside the image, or dwarfs it */
export function checkBox(box: Box, { width, height }: Size, name: string): void {
  const shown = `--bbox ${box.x},${box.y},${box.width},${box.height}`;
  if (box.x >= width || box.y >= height || box.x + box.width <= 0 || box.y + box.height <= 0) {
    throw new UserError(`${shown}: lies outside of ${name}, which is ${width} x ${height} pixels`);
  }
  if (Math.max(box.width, box.height) > 2 * Math.max(width, height)) {
    throw new UserError(`${shown}: is more than twice as large as ${name}, which is ${width} x ${height} pixels`);
  }
}
