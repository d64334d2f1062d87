import { type Gpu, UserError } from "../../engine/index";
import type { RgbImage } from "../../train/data/index";
import { RGB, SyntheticDataset } from "../../train/synthetic/index";

/** Decoded, a pixel takes seven bytes: larger photos are refused rather than let fill the tab's memory. */
const MOST_PIXELS = 50e6;
/** A photo has far fewer pixels a byte of its file; beyond `SMALL` pixels, more are a file that was made to take memory. */
const MOST_PIXELS_A_BYTE = 200;
const SMALL = 4e6;
/** Pixels that are read back at a time, since browsers bound a canvas's size. */
const STRIP = 1 << 20;
/** A webcam's frames are taken at most so wide. */
const FRAME_WIDTH = 640;

/** A photo as 8-bit RGB, upright as its EXIF says, colour profiles ignored. @throws UserError for a file that is none */
export async function readPhoto(file: File): Promise<RgbImage> {
  try {
    const { naturalWidth: width, naturalHeight: height } = await undecoded(file);
    const most = Math.min(MOST_PIXELS, Math.max(SMALL, MOST_PIXELS_A_BYTE * file.size));
    if (width * height > most) {
      throw new UserError(`${file.name}: ${width} x ${height} pixels are too many, for a file of ${file.size} bytes`);
    }
    const bitmap = await createImageBitmap(file, { colorSpaceConversion: "none", premultiplyAlpha: "none" });
    try {
      return pixelsOf(bitmap, bitmap.width, bitmap.height);
    } finally {
      bitmap.close();
    }
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`${file.name}: this browser cannot read it as an image`);
  }
}

/** A file as an image of which no more than the header was looked at: browsers decode one when it is drawn. */
async function undecoded(file: File): Promise<HTMLImageElement> {
  // Without a type the bytes alone tell what it is; so a drawing in SVG, which is more like a program, is none.
  const address = URL.createObjectURL(new Blob([file]));
  try {
    return await new Promise((done, failed) => {
      const image = new Image();
      image.onload = () => done(image);
      image.onerror = failed;
      image.src = address;
    });
  } finally {
    URL.revokeObjectURL(address);
  }
}

/** The frame that a video shows now; null before the first. */
export function readFrame(video: HTMLVideoElement): RgbImage | null {
  const { videoWidth, videoHeight } = video;
  if (!videoWidth) return null;
  const scale = Math.min(1, FRAME_WIDTH / videoWidth);
  return pixelsOf(video, Math.round(videoWidth * scale), Math.round(videoHeight * scale));
}

function pixelsOf(source: CanvasImageSource, width: number, height: number): RgbImage {
  const data = new Uint8Array(3 * width * height);
  const rows = Math.min(height, Math.max(1, Math.floor(STRIP / width)));
  const context = new OffscreenCanvas(width, rows).getContext("2d", { willReadFrequently: true })!;
  for (let top = 0, to = 0; top < height; top += rows) {
    context.clearRect(0, 0, width, rows);
    context.drawImage(source, 0, -top, width, height);
    const rgba = context.getImageData(0, 0, width, Math.min(rows, height - top)).data;
    for (let from = 0; from < rgba.length; from += 4) {
      data[to++] = rgba[from];
      data[to++] = rgba[from + 1];
      data[to++] = rgba[from + 2];
    }
  }
  return { width, height, data };
}

/** The synthetic hand of a number, as the training draws them. @param side in pixels */
export function drawHand(gpu: Gpu, number: number, side: number): Promise<RgbImage> {
  return gpu.scopeAsync(async () => {
    const options = { splitName: "test", size: number + 1, imageSize: side, seed: 0, poses: "simple" } as const;
    const images = gpu.empty([1, 3, side, side]);
    new SyntheticDataset(gpu, options).renderInto(images, [number], RGB);
    const planes = await images.data();
    const area = side * side;
    const data = Uint8Array.from({ length: 3 * area }, (_, i) =>
      Math.round(planes[(i % 3) * area + Math.floor(i / 3)]),
    );
    return { width: side, height: side, data };
  });
}
