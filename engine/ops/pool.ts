import { kernels } from "../../kernels/index";
import {
  defineOp,
  type EveryOption,
  expectRank,
  type Layout,
  type Nd,
  nd,
  type Op,
  type Pair,
  pairOf,
  perElement,
  plainImages,
  ramp,
  type Sample,
  type Saves,
  type Shape,
  sizeOf,
  type Tensor,
  withDefaults,
  withMargin,
  writePlain,
} from "../core/index";
import { ShapeError } from "../errors/index";
import { pool2x2, pool2x2Gradient } from "./pool2x2";

/** Which windows are pooled. Numbers are in pixels, for both axes or as [y, x]. */
export interface PoolAttrs {
  /** Size of the window. */
  kernel: Pair;
  /** Pixels from one window to the next. */
  stride: Pair;
  /** Rows and columns added on every side: left out of a maximum, zeros in an average. At most half the kernel. */
  padding: Pair;
}

/** The same with each number said, y first. */
interface Windows {
  kernel: readonly [number, number];
  stride: readonly [number, number];
  padding: readonly [number, number];
}

const windowsOf = (op: string, { kernel, stride, padding }: PoolAttrs): Windows => ({
  kernel: pairOf(op, "kernel", kernel, 1),
  stride: pairOf(op, "stride", stride, 1),
  padding: pairOf(op, "padding", padding, 0),
});

/** Maxima of 2 x 2 windows side by side, which have a kernel of their own. */
const isHalving = ({ kernel, stride, padding }: Windows): boolean =>
  [0, 1].every((d) => kernel[d] === 2 && stride[d] === 2 && padding[d] === 0);

function poolShape(op: string, x: Shape, attrs: PoolAttrs): Shape {
  const { kernel, stride, padding } = windowsOf(op, attrs);
  expectRank(op, x, 4);
  const sizes = [0, 1].map((d) => {
    if (2 * padding[d] > kernel[d]) {
      throw new ShapeError(op, `a padding of ${padding[d]} is more than half the kernel of ${kernel[d]}`, [x]);
    }
    return Math.floor((x[2 + d] + 2 * padding[d] - kernel[d]) / stride[d]) + 1;
  });
  if (Math.min(...sizes) < 1) throw new ShapeError(op, `a window of ${kernel.join(" x ")} does not fit`, [x]);
  return [x[0], x[1], ...sizes];
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
  { kernel, stride, padding }: Windows,
): Tensor {
  return perElement(kernels.pool, y, {
    params: { MAX: Number(max), GRAD: direction },
    counter: "count",
    count: direction === PER_WINDOW ? sizeOf(windows) : y.size,
    uniforms: { size: [height, width], outSize: windows.slice(2), kernel, stride, padding },
    bindings,
  });
}

const overlap = ({ kernel, stride }: Windows): boolean => [0, 1].some((d) => stride[d] < kernel[d]);

/** Every element lies in a window (of windows that do not overlap). */
const covers = ([, , ...size]: Shape, { kernel, stride, padding }: Windows): boolean =>
  [0, 1].every((d) => stride[d] === kernel[d] && (size[d] + 2 * padding[d]) % kernel[d] === 0);

function definePool(
  name: string,
  max: boolean,
  saves: Saves,
  ofWindow: (values: number[], area: number) => number,
): Op<PoolAttrs> {
  /** Whether pool2x2.wgsl does it, which reads and writes images with a margin too, as wide on every side. */
  const inPlace = (x: Layout | null, windows: Windows) => max && isHalving(windows) && x?.top === x?.left;
  return defineOp<PoolAttrs>({
    name,
    half: "all",
    layouts: "all",
    shape: ([x], attrs) => poolShape(name, x, attrs),
    layout([{ layout }], [, , oh, ow], attrs) {
      return layout && inPlace(layout, windowsOf(name, attrs)) ? withMargin(oh, ow, layout.top) : null;
    },
    forward(_, [x], y, attrs) {
      const windows = windowsOf(name, attrs);
      if (inPlace(x.layout, windows)) pool2x2(x, y);
      else pool(y, max, FORWARD, { x: plainImages(x) }, x.shape, y.shape, windows);
    },
    rectified: ([x]) => max && x.rectified,
    saves,
    vjp(gpu, _, { gy, input, shapes: [x], attrs, out }) {
      const gx = out(x);
      const windows = windowsOf(name, attrs);
      if (inPlace(gx.layout, windows)) {
        pool2x2Gradient(input(0), gy, gx);
        // Where gy is not zero the maximum is positive, and gx is not zero there alone.
        gx.rectified = gy.rectified;
        return gx;
      }
      writePlain(gx, (to) => {
        if (!max) return pool(to, max, GATHER, { gy }, x, gy.shape, windows);
        const bindings = { x: plainImages(input(0)), gy };
        if (overlap(windows)) return pool(to, max, GATHER, bindings, x, gy.shape, windows);
        if (!covers(x, windows)) gpu.clear(to);
        pool(to, max, PER_WINDOW, bindings, x, gy.shape, windows);
      });
      return gx;
    },
    reference: ([x], attrs) => poolReference(x, attrs, ofWindow),
    samples,
    badShapes: [
      { shapes: [[3, 4, 5]], attrs: { kernel: 2, stride: 2, padding: 0 } },
      { shapes: [[1, 1, 2, 2]], attrs: { kernel: 3, stride: 1, padding: 0 } },
      { shapes: [[1, 1, 4, 4]], attrs: { kernel: 2, stride: 2, padding: 2 } },
      { shapes: [[1, 1, 4, 4]], attrs: { kernel: [4, 2], stride: 2, padding: [0, 2] } },
      { shapes: [[1, 1, 7, 7]], attrs: { kernel: 2.5, stride: 1, padding: 0 } },
      { shapes: [[1, 1, 7, 7]], attrs: { kernel: 2, stride: [1, 0], padding: 0 } },
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
  const { kernel, stride, padding } = windowsOf("reference", attrs);
  const y = nd(poolShape("reference", x.shape, attrs));
  const [, , height, width] = x.shape;
  const [, , outHeight, outWidth] = y.shape;
  for (let i = 0; i < sizeOf(y.shape); i++) {
    const [ox, oy] = [i % outWidth, Math.floor(i / outWidth) % outHeight];
    const plane = Math.floor(i / (outWidth * outHeight));
    const values: number[] = [];
    for (let ky = 0; ky < kernel[0]; ky++) {
      for (let kx = 0; kx < kernel[1]; kx++) {
        const [iy, ix] = [oy * stride[0] + ky - padding[0], ox * stride[1] + kx - padding[1]];
        if (iy >= 0 && iy < height && ix >= 0 && ix < width) values.push(x.data[(plane * height + iy) * width + ix]);
      }
    }
    y.data[i] = ofWindow(values, kernel[0] * kernel[1]);
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
    { inputs: [ramp([1, 2, 6, 7])], attrs: { kernel: [3, 2], stride: [2, 1], padding: [1, 0] } },
    { inputs: [ramp([2, 1, 5, 8])], attrs: { kernel: [1, 3], stride: [2, 3], padding: [0, 1] } },
    { inputs: [ramp([1, 2, 6, 6])], attrs: { kernel: 2, stride: [2, 3], padding: 0 } },
    // More planes than pool2x2 has workgroups for on a software driver.
    { inputs: [ramp([5, 13, 2, 2])], attrs: { kernel: 2, stride: 2, padding: 0 } },
    // Margins odd and even, images of odd size too.
    { inputs: [ramp([2, 3, 8, 6])], attrs: { kernel: 2, stride: 2, padding: 0 }, margin: 1 },
    { inputs: [ramp([1, 2, 5, 7])], attrs: { kernel: 2, stride: 2, padding: 0 }, margin: 3 },
    { inputs: [ramp([2, 1, 4, 2])], attrs: { kernel: 2, stride: 2, padding: 0 }, margin: 2 },
    { inputs: [ramp([1, 2, 7, 9])], attrs: { kernel: 3, stride: 2, padding: 1 }, margin: 1 },
    { inputs: [ramp([2, 1, 5, 8])], attrs: { kernel: [1, 3], stride: [2, 3], padding: [0, 1] }, margin: 2 },
  ];
}

/** `stride` is `kernel` by default, `padding` 0. */
export type PoolOptions = Pick<PoolAttrs, "kernel"> & Partial<PoolAttrs>;

/** PyTorch's defaults: windows side by side, no padding. */
const complete = (op: string, options: PoolOptions): PoolAttrs =>
  withDefaults<EveryOption<PoolAttrs>>(op, options, {
    kernel: options?.kernel,
    stride: options?.kernel,
    padding: 0,
  });

/** Largest value of every window: [B, C, H, W] to [B, C, OH, OW], OH = floor((H + 2 padding - kernel) / stride) + 1, OW likewise. @throws ShapeError, OptionError */
export const maxPool2d = (x: Tensor, options: PoolOptions): Tensor =>
  maxPool2dOp.apply([x], complete("maxPool2d", options));
/** Mean of every window, padding counted as zeros; shapes as maxPool2d's. @throws ShapeError, OptionError */
export const avgPool2d = (x: Tensor, options: PoolOptions): Tensor =>
  avgPool2dOp.apply([x], complete("avgPool2d", options));
