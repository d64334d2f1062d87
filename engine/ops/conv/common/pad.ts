import { kernels } from "../../../../kernels/index";
import { gather, overPlanes, type Shape, type Tensor } from "../../../core/index";
import { type AdapterFacts, ShapeError } from "../../../device/index";

/**
 * Images [height, width] kept in memory with `margin` rows and columns of zeros around them. A convolution with that much
 * padding reads them in place, and so does its gradient by the weights. Without a margin they are as any tensor.
 */
export interface Padded {
  height: number;
  width: number;
  margin: number;
}

/**
 * Whether a network gains by margins on this adapter: its convolutions then read them. (The workgroup tiles that wide layers
 * take on a real GPU look for an image's edges themselves, and would have to copy it.)
 */
export const marginsPay = ({ kind }: Pick<AdapterFacts, "kind">): boolean => kind !== "gpu";

/** Where an image [h, w] lies in its plane [rows, pitch] of a padded tensor [n, c, rows, pitch]; in values. */
export interface Padding {
  rows: number;
  pitch: number;
  top: number;
  left: number;
}

/** `top` rows of zeros above and below an image, `left` columns on both sides, rows that start at a vec4. */
export function zerosAround(h: number, w: number, top: number, left: number): Padding {
  // Kernels read whole vec4 of an image's row, and the window of the last pixel among them.
  return { rows: h + 2 * top, pitch: roundUp4(roundUp4(w) + 2 * left), top, left };
}

/** How padded images lie in memory. */
export const layoutOf = ({ height, width, margin }: Padded): Padding =>
  margin > 0 ? zerosAround(height, width, margin, margin) : { rows: height, pitch: width, top: 0, left: 0 };

/** Shape of a tensor of padded images. */
export function paddedShape(n: number, c: number, images: Padded): [number, number, number, number] {
  const { rows, pitch } = layoutOf(images);
  return [n, c, rows, pitch];
}

/** What a tensor of this shape holds: padded images as said, else plain ones. @throws ShapeError when that is not its shape */
export function asPadded(op: string, shape: Shape, images: Padded | undefined): Padded {
  const [n, c, height, width] = shape;
  if (!images) return { height, width, margin: 0 };
  if (paddedShape(n, c, images).some((size, d) => size !== shape[d])) {
    const { height: h, width: w, margin } = images;
    throw new ShapeError(op, `not images of ${h} x ${w} with a margin of ${margin}`, [shape]);
  }
  return images;
}

/** Values from one plane to the next, from one row to the next, and from a plane's start to the image's first value. */
export const planeLayout = ({ rows, pitch, top, left }: Padding) => ({
  plane: rows * pitch,
  pitch,
  start: top * pitch + left,
});

export const sameLayout = (a: Padding, b: Padding): boolean =>
  a.rows === b.rows && a.pitch === b.pitch && a.top === b.top && a.left === b.left;

/** How x lies where it has no margin. */
const plain = (h: number, w: number): Padding => ({ rows: h, pitch: w, top: 0, left: 0 });

export interface PadOptions {
  /** How x lies; without a margin by default. */
  from?: Padding;
  /** Zero also where this tensor, laid out as x, is not positive: the gradient of a ReLU from its result. */
  mask?: Tensor | null;
}

/** x with zeros around it: a copy, or a view of x itself where it already has the layout asked for. */
export function padImage(x: Tensor, dims: Shape, to: Padding, from = plain(dims[2], dims[3])): Tensor {
  return sameLayout(from, to) ? x.gpu.track(x.view(paddedDims(dims, to))) : padCopy(x, dims, to, { from });
}

/** A copy of x with zeros around it, whatever x has in its margin. */
export function padCopy(x: Tensor, dims: Shape, to: Padding, options: PadOptions = {}): Tensor {
  const y = x.gpu.empty(paddedDims(dims, to), x.dtype);
  padInto(y, { first: 0, layout: to }, x, dims, options);
  return y;
}

const paddedDims = ([n, c]: Shape, { rows, pitch }: Padding) => [n, c, rows, pitch];

/** Writes images x [n, c, h, w] with zeros around into channels `first`, ... of y [n, channels, rows, pitch]. */
export function padInto(
  y: Tensor,
  { first, layout }: { first: number; layout: Padding },
  x: Tensor,
  [n, c, h, w]: Shape,
  { from, mask = null }: PadOptions = {},
): void {
  const { gpu } = x;
  const { plane: xPlane, pitch: xPitch, start: xStart } = planeLayout(from ?? plain(h, w));
  const { rows, pitch, top, left } = layout;
  overPlanes(gpu, n * c, [Math.ceil(pitch / 32), Math.ceil(rows / 8)], {
    kernel: kernels.conv_pad,
    params: { MASK: mask ? 1 : 0 },
    uniforms: {
      ...{ channels: c, yChannels: y.shape[1], first, h, w },
      ...{ xPlane, xPitch, xStart, rows, pitch: pitch / 4, top, left },
    },
    bindings: mask ? { x, y, z: mask } : { x, y },
  });
}

/** A copy without zeros around of the images in channels `first` to `first + c` of a padded tensor, into y [n, c, h, w]. */
export function cropImage(x: Tensor, from: Padding, y: Tensor, first = 0): Tensor {
  const { plane, pitch, start } = planeLayout(from);
  const images = { first: first * plane + start, strides: [x.shape[1] * plane, plane, pitch, 1] };
  // Batches of every size by one pipeline: the last of an epoch is smaller.
  return gather("crop", x, images, y, 4);
}

const roundUp4 = (v: number): number => Math.ceil(v / 4) * 4;
