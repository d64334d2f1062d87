import { UserError } from "../../engine/errors";
import type { Gpu } from "../../engine/gpu";
import type { RgbImage } from "../../train/data/resize";
import { SyntheticDataset } from "../../train/synthetic/dataset";
import { RGB } from "../../train/synthetic/renderer";

/** Decoded, a pixel takes seven bytes: larger images are refused rather than let fill the tab's memory. */
const MOST_PIXELS = 100e6;
/** A webcam's frames are taken at most so wide. */
const FRAME_WIDTH = 640;

/** A photo as 8-bit RGB, upright as its EXIF says, colour profiles ignored. @throws UserError for a file that is none */
export async function readPhoto(file: File): Promise<RgbImage> {
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(file, { colorSpaceConversion: "none", premultiplyAlpha: "none" });
  } catch {
    throw new UserError(`${file.name}: this browser cannot read it as an image`);
  }
  try {
    const { width, height } = bitmap;
    if (width * height > MOST_PIXELS) throw new UserError(`${file.name}: ${width} x ${height} pixels are too many`);
    return pixelsOf(bitmap, width, height);
  } finally {
    bitmap.close();
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
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true })!;
  context.drawImage(source, 0, 0, width, height);
  const rgba = context.getImageData(0, 0, width, height).data;
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) data.set(rgba.subarray(4 * i, 4 * i + 3), 3 * i);
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
