import type { RgbImage } from "./resize";

/** Means of ImageNet's channels, which VGG19 was trained with; of values from 0 to 1. */
export const MEAN = [0.485, 0.456, 0.406];
/** Their standard deviations. */
export const STD = [0.229, 0.224, 0.225];

/** (value / 255 - mean) / std in float32 steps as PyTorch takes them: [3][256]. */
const tables = MEAN.map((mean, channel) =>
  Float32Array.from({ length: 256 }, (_, value) => {
    const unit = Math.fround(value / 255);
    return Math.fround(unit - Math.fround(mean)) / Math.fround(STD[channel]);
  }),
);

/** The colours 0 and 255 as the network sees them, [3]. */
export const BLACK = tables.map((table) => table[0]);
export const WHITE = tables.map((table) => table[255]);

/** An RGB image [H, W, 3] to the network's input [3, H, W], written into `out`. */
export function normalise(image: RgbImage, out: Float32Array): Float32Array {
  const { data } = image;
  const [red, green, blue] = tables;
  const plane = image.width * image.height;
  for (let i = 0, p = 0; i < plane; i++, p += 3) {
    out[i] = red[data[p]];
    out[plane + i] = green[data[p + 1]];
    out[2 * plane + i] = blue[data[p + 2]];
  }
  return out;
}

/** The inverse, for pictures: the network's input [3, H, W] back to 8-bit RGB. */
export function denormalise(input: Float32Array, width: number, height: number): RgbImage {
  const plane = width * height;
  const data = new Uint8Array(plane * 3);
  for (let c = 0; c < 3; c++) {
    for (let i = 0; i < plane; i++) {
      const value = Math.round((input[c * plane + i] * STD[c] + MEAN[c]) * 255);
      data[i * 3 + c] = Math.min(Math.max(value, 0), 255);
    }
  }
  return { width, height, data };
}
