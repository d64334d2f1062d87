import { UserError } from "../../engine/index";
import type { Widths } from "../../model/network/index";

/** What decides how many images fit one pass. */
export interface BatchFit {
  widths: Widths;
  imageSize: number;
  /** Of one value of an activation. */
  bytes: number;
  /** The adapter's largest storage binding in bytes. */
  maxBinding: number;
}

/** Zero padding and alignment around a map in the convolutions' own layout, in pixels a side. */
const MARGIN = 16;

/**
 * Images of a pass at most: the widest activations are the first blocks', and each must fit one storage binding, in the
 * convolutions' zero-padded layout.
 * @throws UserError when not even one image fits
 */
export function imagesThatFit({ widths, imageSize, bytes, maxBinding }: BatchFit): number {
  const perImage = widths.vgg.map((channels, block) => {
    const side = imageSize / 2 ** block + MARGIN;
    return bytes * channels * side * side;
  });
  const images = Math.floor(maxBinding / Math.max(...perImage));
  if (images < 1) {
    throw new UserError(
      `image_size ${imageSize} at these widths needs ${Math.max(...perImage)} bytes in one binding; ` +
        `this adapter allows ${maxBinding}; another adapter may take it, or a smaller image_size or width would do`,
    );
  }
  return images;
}

/** Splits a batch of `size` into parts of at most `most` images, as even as can be. @returns [start, end) pairs */
export function splitBatch(size: number, most: number): [number, number][] {
  const parts = Math.ceil(size / most);
  return Array.from({ length: parts }, (_, i) => [
    Math.floor((i * size) / parts),
    Math.floor(((i + 1) * size) / parts),
  ]);
}
