/**
 * Resizing as Pillow does it, to the bit: the original's inputs went through `Image.resize`, bicubic today and nearest
 * before Pillow 7. The aspect ratio is the caller's business.
 */

/** 8-bit colour, row by row, three bytes a pixel: `data` is [height, width, 3]. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** Weights are fixed-point: 8 bits go to the pixel, 2 to the overshoot of the negative lobes, the rest is fraction. */
const FRACTION_BITS = 32 - 8 - 2;
const HALF = 1 << (FRACTION_BITS - 1);

/**
 * Bicubic (a = -0.5), horizontally then vertically, each pass rounded to 8 bits. When shrinking, the kernel widens with
 * the scale and so averages every source pixel. A direction whose size stays is left alone.
 */
export function resizeBicubic(image: RgbImage, width: number, height: number): RgbImage {
  return resizeRows(resizeColumns(image, width), height);
}

/** For every output pixel: the first input pixel it reads, how many, and their weights (`taps` apart in `weights`). */
interface Window {
  first: Int32Array;
  count: Int32Array;
  taps: number;
  weights: Int32Array;
}

const windows = new Map<string, Window>();

function bicubicWindow(inSize: number, outSize: number): Window {
  const key = `${inSize}>${outSize}`;
  let window = windows.get(key);
  if (!window) {
    // A folder of photographs in many sizes must not grow this without end.
    if (windows.size >= 64) windows.clear();
    windows.set(key, (window = computeWindow(inSize, outSize)));
  }
  return window;
}

function computeWindow(inSize: number, outSize: number): Window {
  const scale = inSize / outSize;
  const stretch = Math.max(scale, 1);
  const support = 2 * stretch;
  const taps = Math.ceil(support) * 2 + 1;
  const first = new Int32Array(outSize);
  const count = new Int32Array(outSize);
  const weights = new Int32Array(outSize * taps);
  for (let i = 0; i < outSize; i++) {
    const centre = (i + 0.5) * scale;
    const begin = Math.max(Math.trunc(centre - support + 0.5), 0);
    const end = Math.min(Math.trunc(centre + support + 0.5), inSize);
    const real = Array.from({ length: end - begin }, (_, t) => cubic((t + begin - centre + 0.5) * (1 / stretch)));
    const sum = real.reduce((a, b) => a + b, 0);
    first[i] = begin;
    count[i] = end - begin;
    for (const [t, w] of real.entries()) {
      const fixed = (w / sum) * (1 << FRACTION_BITS);
      weights[i * taps + t] = Math.trunc(fixed < 0 ? fixed - 0.5 : fixed + 0.5);
    }
  }
  return { first, count, taps, weights };
}

/** Keys' cubic convolution kernel with a = -0.5 (Keys 1981), in the order of operations that Pillow's rounding has. */
export function cubic(x: number): number {
  const a = -0.5;
  const t = Math.abs(x);
  if (t < 1) return ((a + 2) * t - (a + 3)) * t * t + 1;
  if (t < 2) return (((t - 5) * t + 8) * t - 4) * a;
  return 0;
}

/** Two rows at a time: a weight that is loaded serves six sums. */
function resizeColumns(image: RgbImage, width: number): RgbImage {
  if (width === image.width) return image;
  const { height, data } = image;
  const { first, count, taps, weights } = bicubicWindow(image.width, width);
  const out = new Uint8ClampedArray(width * height * 3);
  for (let y = 0; y < height; y += 2) {
    const top = y * image.width * 3;
    // Of an odd number of rows the last is done twice.
    const below = y + 1 < height ? image.width * 3 : 0;
    const outBelow = y + 1 < height ? width * 3 : 0;
    let o = y * width * 3;
    for (let x = 0; x < width; x++, o += 3) {
      let r0 = HALF;
      let g0 = HALF;
      let b0 = HALF;
      let r1 = HALF;
      let g1 = HALF;
      let b1 = HALF;
      let p = top + first[x] * 3;
      const end = x * taps + count[x];
      for (let t = x * taps; t < end; t++, p += 3) {
        const w = weights[t];
        const q = p + below;
        r0 = (r0 + Math.imul(data[p], w)) | 0;
        g0 = (g0 + Math.imul(data[p + 1], w)) | 0;
        b0 = (b0 + Math.imul(data[p + 2], w)) | 0;
        r1 = (r1 + Math.imul(data[q], w)) | 0;
        g1 = (g1 + Math.imul(data[q + 1], w)) | 0;
        b1 = (b1 + Math.imul(data[q + 2], w)) | 0;
      }
      out[o] = r0 >> FRACTION_BITS;
      out[o + 1] = g0 >> FRACTION_BITS;
      out[o + 2] = b0 >> FRACTION_BITS;
      out[o + outBelow] = r1 >> FRACTION_BITS;
      out[o + outBelow + 1] = g1 >> FRACTION_BITS;
      out[o + outBelow + 2] = b1 >> FRACTION_BITS;
    }
  }
  return { width, height, data: new Uint8Array(out.buffer) };
}

/** Six rows are added at a time, so that a sum is loaded and stored once for six products. */
function resizeRows(image: RgbImage, height: number): RgbImage {
  if (height === image.height) return image;
  const { width, data } = image;
  const { first, count, taps, weights } = bicubicWindow(image.height, height);
  const stride = width * 3;
  const out = new Uint8ClampedArray(stride * height);
  const sums = new Int32Array(stride);
  for (let y = 0; y < height; y++) {
    sums.fill(HALF);
    for (let t = 0; t < count[y]; t += 6) {
      // Taps past the last have weight 0, and stand for a row that exists.
      const tap = (k: number) => (t + k < count[y] ? weights[y * taps + t + k] : 0);
      const row = (k: number) => {
        const at = (first[y] + Math.min(t + k, count[y] - 1)) * stride;
        return data.subarray(at, at + stride);
      };
      const [w0, w1, w2, w3, w4, w5] = [tap(0), tap(1), tap(2), tap(3), tap(4), tap(5)];
      const [r0, r1, r2, r3, r4, r5] = [row(0), row(1), row(2), row(3), row(4), row(5)];
      if (t + 6 < count[y]) {
        for (let i = 0; i < stride; i++) {
          const a = Math.imul(r0[i], w0) + Math.imul(r1[i], w1) + Math.imul(r2[i], w2);
          const b = Math.imul(r3[i], w3) + Math.imul(r4[i], w4) + Math.imul(r5[i], w5);
          sums[i] = (sums[i] + a + b) | 0;
        }
        continue;
      }
      for (let i = 0, o = y * stride; i < stride; i++, o++) {
        const a = Math.imul(r0[i], w0) + Math.imul(r1[i], w1) + Math.imul(r2[i], w2);
        const b = Math.imul(r3[i], w3) + Math.imul(r4[i], w4) + Math.imul(r5[i], w5);
        out[o] = (sums[i] + a + b) >> FRACTION_BITS;
      }
    }
  }
  return { width, height, data: new Uint8Array(out.buffer) };
}

/** The source pixel under each output pixel's centre. Positions are accumulated, rounding and all, as Pillow does. */
export function resizeNearest(image: RgbImage, width: number, height: number): RgbImage {
  if (width === image.width && height === image.height) return image;
  const columns = nearestIndices(image.width, width);
  const rows = nearestIndices(image.height, height);
  const { data } = image;
  const out = new Uint8Array(width * height * 3);
  let o = 0;
  for (let y = 0; y < height; y++) {
    const row = rows[y] * image.width;
    for (let x = 0; x < width; x++) {
      const p = (row + columns[x]) * 3;
      out[o++] = data[p];
      out[o++] = data[p + 1];
      out[o++] = data[p + 2];
    }
  }
  return { width, height, data: out };
}

function nearestIndices(inSize: number, outSize: number): Int32Array {
  const scale = inSize / outSize;
  const indices = new Int32Array(outSize);
  let position = scale * 0.5;
  for (let i = 0; i < outSize; i++) {
    indices[i] = Math.trunc(position);
    position += scale;
  }
  return indices;
}
