import type { Tensor } from "../../../../../engine/core/tensor";
import {
  type avgPool2d,
  concat,
  conv2d,
  type maxPool2d,
  reshape,
  slice,
  transpose,
} from "../../../../../engine/ops/index";
import { surround } from "./shapes";

/** How the origin's images lie in memory: channels last unless it says otherwise. */
export type Layout = "NHWC" | "NCHW";

/** Rows above and below, columns left and right. */
type Margins = readonly [top: number, bottom: number, left: number, right: number];

/** The origin's ways to say how an image is padded. */
export type Pad = "same" | "valid" | number | Margins;

/** One image or several as the engine wants them, [n, c, h, w], and the way back for what is made of them. */
export function asImages(x: Tensor, layout: Layout = "NHWC"): { images: Tensor; back: (y: Tensor) => Tensor } {
  const single = x.shape.length === 3;
  const batch = single ? reshape(x, [1, ...x.shape]) : x;
  const images = layout === "NCHW" ? batch : transpose(batch, [0, 3, 1, 2]);
  const back = (y: Tensor) => {
    const own = layout === "NCHW" ? y : transpose(y, [0, 2, 3, 1]);
    return single ? reshape(own, own.shape.slice(1)) : own;
  };
  return { images, back };
}

/** Weights [kh, kw, ci, co] as [co, ci, kh, kw]. */
export const asWeights = (w: Tensor): Tensor => transpose(w, [3, 2, 0, 1]);

/** The last axis as the second: [n, ..., c] to [n, c, ...], and the way back. */
export function channelsFirst(x: Tensor): { first: Tensor; back: (y: Tensor) => Tensor } {
  const rank = x.shape.length;
  const inner = [...x.shape.keys()].slice(1, -1);
  const first = transpose(x, [0, rank - 1, ...inner]);
  return { first, back: (y) => transpose(y, [0, ...inner.map((d) => d + 1), 1]) };
}

/** What `pad` adds to images [n, c, h, w] for windows of so many rows and columns. */
function margins(pad: Pad, x: Tensor, window: readonly number[], stride: readonly number[]): Margins {
  if (pad === "valid") return [0, 0, 0, 0];
  if (typeof pad === "number") return [pad, pad, pad, pad];
  if (pad !== "same") return pad;
  const [rows, columns] = x.shape.slice(2).map((size, d) => {
    const total = Math.max(0, (Math.ceil(size / stride[d]) - 1) * stride[d] + window[d] - size);
    return [Math.floor(total / 2), Math.ceil(total / 2)] as const;
  });
  return [...rows, ...columns];
}

/** Images [n, c, h, w] with such margins of `value`. */
const inMargins = (x: Tensor, [top, bottom, left, right]: Margins, value: number): Tensor =>
  surround(x, { before: [0, 0, top, left], after: [0, 0, bottom, right] }, value);

/** One number for rows and columns, or one for each. */
export type Pair = number | readonly number[];
export const pair = (p: Pair): readonly [number, number] => (typeof p === "number" ? [p, p] : [p[0], p[1]]);

export interface ConvAttrs {
  stride?: Pair;
  pad: Pad;
  dilation?: Pair;
  layout?: Layout;
}

/** conv2d with the origin's padding, of x [n, c, h, w] and w [co, ci, kh, kw]: even margins by the op itself. */
export function convolve(x: Tensor, w: Tensor, attrs: ConvAttrs, b: Tensor | null = null, relu = false): Tensor {
  const [stride, dilation] = [pair(attrs.stride ?? 1), pair(attrs.dilation ?? 1)];
  const window = [2, 3].map((axis, d) => (w.shape[axis] - 1) * dilation[d] + 1);
  const around = margins(attrs.pad, x, window, stride);
  const [top, bottom, left, right] = around;
  if (top === bottom && left === right) return conv2d(x, w, b, { stride, dilation, padding: [top, left], relu });
  return conv2d(inMargins(x, around, 0), w, b, { stride, dilation, relu });
}

export interface PoolAttrs {
  kernel: Pair;
  stride: Pair;
  pad: Pad;
}

/** A pool with the origin's padding, of x [n, c, h, w]: even margins by the op itself, others as images of `value`. */
export function pooled(
  x: Tensor,
  { kernel, stride, pad }: PoolAttrs,
  pool: typeof maxPool2d | typeof avgPool2d,
  value: number,
): Tensor {
  const [side, step] = [pair(kernel), pair(stride)];
  const around = margins(pad, x, side, step);
  const [top, bottom, left, right] = around;
  const even = top === bottom && left === right && 2 * top <= side[0] && 2 * left <= side[1];
  const images = even ? x : inMargins(x, around, value);
  return pool(images, { kernel: side, stride: step, padding: even ? [top, left] : 0 });
}

/** A depthwise convolution: every channel by weights [kh, kw, ci, multiplier] of its own. */
export function depthwise(x: Tensor, w: Tensor, attrs: ConvAttrs): Tensor {
  const channels = Array.from({ length: w.shape[2] }, (_, c) =>
    convolve(slice(x, 1, c, c + 1), asWeights(slice(w, 2, c, c + 1)), attrs),
  );
  return concat(channels, 1);
}
