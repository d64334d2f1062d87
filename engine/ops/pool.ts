import { kernels } from "../../kernels/index";
import { ShapeError } from "../errors";
import { type Nd, nd, ramp } from "../nd";
import { type Shape, sizeOf, type Tensor } from "../tensor";
import { asPadded, type Padded, paddedShape } from "./conv/pad";
import { cropPadded, joinPadded } from "./conv/pad-reference";
import { perElement } from "./launch";
import { defineOp, expectRank, type Op, type Sample, type Saves } from "./op";
import { halfOf, pool2x2, pool2x2Gradient } from "./pool2x2";

/** Which windows are pooled. Numbers are in pixels, for both axes. */
export interface PoolAttrs {
  /** Side of the square window. */
  kernel: number;
  stride: number;
  /** Rows and columns added on every side: left out of a maximum, zeros in an average. At most half the kernel. */
  padding: number;
  /** x's images have a margin of zeros in memory, and y's get the same. For maxima of 2 x 2 windows side by side alone. */
  input?: Padded;
}

/** Maxima of 2 x 2 windows side by side, which have a kernel of their own. */
const isHalving = ({ kernel, stride, padding }: PoolAttrs): boolean => kernel === 2 && stride === 2 && padding === 0;

function poolShape(op: string, x: Shape, attrs: PoolAttrs): Shape {
  const { kernel, stride, padding, input } = attrs;
  expectRank(op, x, 4);
  if (input) {
    if (!isHalving(attrs) || op === "avgPool2d")
      throw new ShapeError(op, "a margin is for maxima of 2 x 2 windows", [x]);
    return paddedShape(x[0], x[1], halfOf(asPadded(op, x, input)));
  }
  if (!(kernel >= 1 && stride >= 1 && padding >= 0 && 2 * padding <= kernel)) {
    throw new ShapeError(op, `kernel ${kernel}, stride ${stride}, padding ${padding} are not possible`, [x]);
  }
  const size = (n: number) => Math.floor((n + 2 * padding - kernel) / stride) + 1;
  const [height, width] = [size(x[2]), size(x[3])];
  if (height < 1 || width < 1) throw new ShapeError(op, `a window of ${kernel} does not fit`, [x]);
  return [x[0], x[1], height, width];
}

/** Which `GRAD` of kernels/pool.wgsl. */
const FORWARD = 0;
const GATHER = 1;
const PER_WINDOW = 2;

/** Runs kernels/pool.wgsl from images of shape `x` to windows of shape `windows`, or the gradient from those to these. */
function pool(
  y: Tensor,
  max: boolean,
  direction: number,
  bindings: Record<string, Tensor>,
  [, , height, width]: Shape,
  windows: Shape,
  { kernel, stride, padding }: PoolAttrs,
): Tensor {
  return perElement(kernels.pool, y, {
    params: { MAX: Number(max), GRAD: direction },
    counter: "count",
    count: direction === PER_WINDOW ? sizeOf(windows) : y.size,
    uniforms: { height, width, out_height: windows[2], out_width: windows[3], kernel, stride, padding },
    bindings,
  });
}

/** Every element lies in a window (of windows that do not overlap). */
const covers = ([, , height, width]: Shape, { kernel, stride, padding }: PoolAttrs): boolean =>
  stride === kernel && (height + 2 * padding) % kernel === 0 && (width + 2 * padding) % kernel === 0;

function definePool(
  name: string,
  max: boolean,
  saves: Saves,
  ofWindow: (values: number[], area: number) => number,
): Op<PoolAttrs> {
  return defineOp<PoolAttrs>({
    name,
    half: "all",
    shape: ([x], attrs) => poolShape(name, x, attrs),
    forward(_, [x], y, attrs) {
      if (max && isHalving(attrs)) pool2x2(x, asPadded(name, x.shape, attrs.input), y);
      else pool(y, max, FORWARD, { x }, x.shape, y.shape, attrs);
    },
    rectified: ([x]) => max && x.rectified,
    saves,
    vjp(gpu, _, { gy, input, shapes: [x], attrs, out }) {
      const gx = out(x);
      if (!max) return pool(gx, max, GATHER, { gy }, x, gy.shape, attrs);
      if (isHalving(attrs)) {
        pool2x2Gradient(input(0), asPadded(name, x, attrs.input), gy, gx);
        // Where gy is not zero the maximum is positive, and gx is not zero there alone.
        gx.rectified = gy.rectified;
        return gx;
      }
      if (attrs.stride < attrs.kernel) return pool(gx, max, GATHER, { x: input(0), gy }, x, gy.shape, attrs);
      if (!covers(x, attrs)) gpu.clear(gx);
      return pool(gx, max, PER_WINDOW, { x: input(0), gy }, x, gy.shape, attrs);
    },
    reference: ([x], attrs) => poolReference(x, attrs, ofWindow),
    samples: () => (max ? [...samples(), ...paddedSamples()] : samples()),
    badShapes: [
      {
        shapes: [[1, 1, 6, 8]],
        attrs: { kernel: 3, stride: 3, padding: 0, input: { height: 4, width: 4, margin: 1 } },
      },
      {
        shapes: [[1, 1, 6, 9]],
        attrs: { kernel: 2, stride: 2, padding: 0, input: { height: 4, width: 4, margin: 1 } },
      },
      { shapes: [[3, 4, 5]], attrs: { kernel: 2, stride: 2, padding: 0 } },
      { shapes: [[1, 1, 2, 2]], attrs: { kernel: 3, stride: 1, padding: 0 } },
      { shapes: [[1, 1, 4, 4]], attrs: { kernel: 2, stride: 2, padding: 2 } },
    ],
  });
}

/**
 * Largest value of every window of x [B, C, H, W]; rows and columns that fill no whole window are left out. Of equal
 * values the gradient goes to the first in row-major order, as PyTorch's; NaN propagates.
 */
export const maxPool2dOp = definePool("maxPool2d", true, { inputs: [0] }, (values) => Math.max(...values));

/** Mean of every window of x [B, C, H, W], padding counted as zeros (PyTorch's count_include_pad). */
export const avgPool2dOp = definePool(
  "avgPool2d",
  false,
  {},
  (values, area) => values.reduce((a, b) => a + b, 0) / area,
);

function poolReference(x: Nd, attrs: PoolAttrs, ofWindow: (values: number[], area: number) => number): Nd {
  const { kernel, stride, padding, input } = attrs;
  if (input) {
    const plain = { kernel, stride, padding };
    return joinPadded([poolReference(cropPadded(x, input), plain, ofWindow)], input.margin);
  }
  const y = nd(poolShape("reference", x.shape, attrs));
  const [, , height, width] = x.shape;
  const [, , outHeight, outWidth] = y.shape;
  for (let i = 0; i < sizeOf(y.shape); i++) {
    const [ox, oy] = [i % outWidth, Math.floor(i / outWidth) % outHeight];
    const plane = Math.floor(i / (outWidth * outHeight));
    const values: number[] = [];
    for (let ky = 0; ky < kernel; ky++) {
      for (let kx = 0; kx < kernel; kx++) {
        const [iy, ix] = [oy * stride + ky - padding, ox * stride + kx - padding];
        if (iy >= 0 && iy < height && ix >= 0 && ix < width) values.push(x.data[(plane * height + iy) * width + ix]);
      }
    }
    y.data[i] = ofWindow(values, kernel * kernel);
  }
  return y;
}

function samples(): Sample<PoolAttrs>[] {
  return [
    { inputs: [ramp([2, 3, 8, 6])], attrs: { kernel: 2, stride: 2, padding: 0 } },
    { inputs: [ramp([1, 2, 7, 5])], attrs: { kernel: 2, stride: 2, padding: 0 } },
    { inputs: [ramp([1, 2, 7, 9])], attrs: { kernel: 3, stride: 2, padding: 1 } },
    { inputs: [ramp([1, 1, 5, 6])], attrs: { kernel: 3, stride: 1, padding: 1 } },
    { inputs: [ramp([1, 1, 7, 8])], attrs: { kernel: 2, stride: 3, padding: 1 } },
    // More planes than pool2x2 has workgroups for on a software driver.
    { inputs: [ramp([5, 13, 2, 2])], attrs: { kernel: 2, stride: 2, padding: 0 } },
  ];
}

/** Margins odd and even, images of odd size too. */
const paddedSamples = (): Sample<PoolAttrs>[] =>
  [
    { size: [2, 3, 8, 6], margin: 1 },
    { size: [1, 2, 5, 7], margin: 3 },
    { size: [2, 1, 4, 2], margin: 2 },
  ].map(({ size, margin }) => ({
    inputs: [joinPadded([ramp(size)], margin)],
    attrs: { kernel: 2, stride: 2, padding: 0, input: { height: size[2], width: size[3], margin } },
  }));

/** `stride` is `kernel` by default, `padding` 0. */
export type PoolOptions = Pick<PoolAttrs, "kernel"> & Partial<PoolAttrs>;

/** PyTorch's defaults: windows side by side, no padding. */
const complete = ({ kernel, stride = kernel, padding = 0, input }: PoolOptions): PoolAttrs => ({
  kernel,
  stride,
  padding,
  input,
});

/** Largest value of every window: [B, C, H, W] to [B, C, OH, OW], OH = floor((H + 2 padding - kernel) / stride) + 1. @throws ShapeError */
export const maxPool2d = (x: Tensor, options: PoolOptions): Tensor => maxPool2dOp.apply([x], complete(options));
/** Mean of every window, padding counted as zeros; shapes as maxPool2d's. @throws ShapeError */
export const avgPool2d = (x: Tensor, options: PoolOptions): Tensor => avgPool2dOp.apply([x], complete(options));
