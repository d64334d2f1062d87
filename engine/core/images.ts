import { kernels } from "../../kernels/index";
import { overPlanes } from "./launch";
import { contiguous, type Layout, layoutOf, planeOf, sameLayout } from "./layout";
import { type Shape, sameShape, type Tensor } from "./tensor";
import { gather } from "./walk";

// Copies between tensors whose images lie differently in memory (`Tensor.layout`). They are not recorded on the tape.

/** Which part of y is written, and what of x counts. */
export interface WriteOptions {
  /** The channel of y that x's first one goes to; 0 by default. */
  first?: number;
  /** Zero also where this tensor, which lies as x does, is not positive: the gradient of a ReLU from its result. */
  mask?: Tensor | null;
}

/** Writes x's images into y's channels from `first` on, with zeros around them. Rows of y start at a vec4: it has a layout. */
export function writeImages(y: Tensor, x: Tensor, { first = 0, mask = null }: WriteOptions = {}): void {
  const [n, c] = x.shape;
  const [, yChannels, h, w] = y.shape;
  const { plane: xPlane, pitch: xPitch, start: xStart } = planeOf(x.layout ?? contiguous(h, w));
  const { rows, pitch, top, left } = layoutOf(y);
  overPlanes(y.gpu, n * c, [Math.ceil(pitch / 32), Math.ceil(rows / 8)], {
    kernel: kernels.conv_pad,
    params: { MASK: mask ? 1 : 0 },
    uniforms: { channels: c, yChannels, first, h, w, xPlane, xPitch, xStart, rows, pitch: pitch / 4, top, left },
    bindings: mask ? { x, y, z: mask } : { x, y },
  });
}

/** Fills y, which is contiguous, with x's images in its channels from `first` on. */
export function readImages(x: Tensor, y: Tensor, first = 0): Tensor {
  const { plane, pitch, start } = planeOf(layoutOf(x));
  const images = { first: first * plane + start, strides: [x.shape[1] * plane, plane, pitch, 1] };
  // Batches of every size by one pipeline: the last of an epoch is smaller.
  return gather("crop", x, images, y, 4);
}

/** y = x, of one shape, each lying as it does; one of them has a layout. */
export function copyImages(x: Tensor, y: Tensor): Tensor {
  if (y.layout) writeImages(y, x);
  else readImages(x, y);
  return y;
}

/** Whether two tensors of one size have their values in the same places. */
export const lieAlike = (a: Tensor, b: Tensor): boolean =>
  (!a.layout && !b.layout) || (sameLayout(a.layout, b.layout) && sameShape(a.shape, b.shape));

/** y = x, of one size, which lie differently: values without a layout are seen in the other's shape. */
export function copyAcross(x: Tensor, y: Tensor): void {
  const as = (t: Tensor, { shape }: Tensor) => (t.layout ? t : t.gpu.track(t.view(shape)));
  if (x.layout && y.layout && !sameShape(x.shape, y.shape)) copyAcross(plainImages(x), y);
  else copyImages(as(x, y), as(y, x));
}

/**
 * x's images [n, c, h, w] where `to` says: x itself where they lie so, else a copy.
 * @param dims x's shape, or another of its size for one without a layout
 */
export function laidOut(x: Tensor, dims: Shape, to: Layout): Tensor {
  if (sameLayout(x.layout ?? contiguous(dims[2], dims[3]), to)) return x.gpu.track(x.layout ? x.view() : x.view(dims));
  return copyTo(x, dims, to);
}

/** A copy of x with zeros around its images, whatever x has there. */
export function copyTo(x: Tensor, dims: Shape, to: Layout, mask: Tensor | null = null): Tensor {
  const y = x.gpu.empty(dims, x.dtype, to);
  writeImages(y, x, { mask });
  return y;
}

/** x as a kernel reads it that knows no layouts: x itself, or a contiguous copy. */
export const plainImages = (x: Tensor): Tensor => (x.layout ? readImages(x, x.gpu.empty(x.shape, x.dtype)) : x);

/** Has a kernel that knows no layouts write y, where y has one by way of a contiguous tensor. */
export function writePlain(y: Tensor, write: (to: Tensor) => void): void {
  const to = y.layout ? y.gpu.empty(y.shape, y.dtype) : y;
  write(to);
  if (to === y) return;
  writeImages(y, to);
  to.dispose();
}
