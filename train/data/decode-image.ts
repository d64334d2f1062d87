import { readFile } from "node:fs/promises";
import sharp from "sharp";
import { UserError } from "../../engine/index";
import { fileError } from "../../model/files/node";
import type { RgbImage } from "./resize";

// Many small images: one thread for each of several decodes beats several threads for one, and no image is read twice.
sharp.concurrency(1);
sharp.cache(false);

/** Decoded, a pixel takes 3 bytes: a larger image is refused rather than let fill the memory. */
export const MAX_PIXELS = 100e6;

/** Size in pixels as stored. Reads the header alone. Throws UserError naming the file. */
export async function imageSizeOf(path: string): Promise<{ width: number; height: number }> {
  const { width, height } = await decoding(path, sharp(path, { ignoreIcc: true }).metadata());
  return { width, height };
}

/**
 * Decodes a JPEG, PNG, WebP, TIFF or GIF file to 8-bit RGB: the orientation as stored (or, with `upright`, as EXIF says
 * that it was held) and colour profiles ignored, as the original had it; grey is repeated, alpha dropped, CMYK and 16
 * bits converted. Throws UserError naming the file for anything that is not such an image, has over 100 million pixels, or
 * is damaged, if only with a warning: a torn JPEG decodes to half a hand.
 */
export async function decodeImage(path: string, { upright = false } = {}): Promise<RgbImage> {
  const bytes = await decoding(path, readFile(path));
  if (bytes.length === 0) throw new UserError(`${path}: the file is empty`);
  if (!isRaster(bytes)) throw new UserError(`${path}: not a JPEG, PNG, WebP, TIFF or GIF image`);
  const { width, height } = await decoding(path, sharp(bytes, { limitInputPixels: false }).metadata());
  if (width * height > MAX_PIXELS) {
    throw new UserError(`${path}: ${width} x ${height} pixels are too many; expected at most 100 million`);
  }
  const options = { failOn: "warning", ignoreIcc: true, autoOrient: upright } as const;
  const pipeline = sharp(bytes, options).removeAlpha().raw();
  const { data, info } = await decoding(path, pipeline.toBuffer({ resolveWithObject: true }));
  return { width: info.width, height: info.height, data: new Uint8Array(data.buffer, data.byteOffset, data.length) };
}

async function decoding<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const failure = fileError("read", path, error);
    if (failure instanceof UserError) throw failure;
    throw new UserError(`${path}: cannot be decoded: ${(error as Error).message.trim().split("\n")[0]}`);
  }
}

/** By content, not by name; and no SVG or PDF, which libvips would draw. */
function isRaster(bytes: Buffer): boolean {
  const starts = (hex: string, at = 0) => bytes.subarray(at, at + hex.length / 2).toString("hex") === hex;
  const jpeg = starts("ffd8ff");
  const png = starts("89504e47");
  const webp = starts("52494646") && starts("57454250", 8);
  const tiff = starts("49492a00") || starts("4d4d002a");
  const gif = starts("47494638");
  return jpeg || png || webp || tiff || gif;
}
