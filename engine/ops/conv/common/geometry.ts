import { expectRank, type Pair, pairOf, type Shape } from "../../../core/index";
import { OptionError, ShapeError } from "../../../device/index";
import { asPadded, layoutOf, type Padded, type Padding } from "./pad";

/** How a convolution steps over its input. Numbers are in pixels, for both axes or as [y, x]. */
export interface WindowAttrs {
  /** Pixels from one window to the next; 1 by default. */
  stride?: Pair;
  /** Zeros added on each side of the image; 0 by default. */
  padding?: Pair;
  /** Distance between neighbouring taps of the kernel; 1 by default. */
  dilation?: Pair;
  /** x's images have a margin of zeros in memory; by default they have none. With `padding` as margin they are read in place. */
  input?: Padded;
  /** Zeros that y's images get around them in memory; 0 by default. */
  margin?: number;
}

/** Every size of one convolution as plain numbers. */
export interface ConvGeometry {
  n: number;
  ci: number;
  h: number;
  w: number;
  co: number;
  kh: number;
  kw: number;
  oh: number;
  ow: number;
  strideY: number;
  strideX: number;
  padY: number;
  padX: number;
  dilationY: number;
  dilationX: number;
  /** How the images of x and y lie in memory. */
  x: Padding;
  y: Padding;
}

/**
 * Sizes of conv2d(x [n, ci, h, w], w [co, ci, kh, kw], b [co]?), PyTorch's rule:
 * oh = floor((h + 2 padding - dilation (kh - 1) - 1) / stride) + 1.
 * @throws ShapeError, OptionError
 */
export function convGeometry(shapes: readonly Shape[], attrs: WindowAttrs): ConvGeometry {
  const fail = (why: string): never => {
    throw new ShapeError("conv2d", why, shapes);
  };
  if (shapes.length < 2 || shapes.length > 3) fail("takes an image, weights, and maybe a bias");
  const [x, weight, bias] = shapes;
  expectRank("conv2d", x, 4);
  expectRank("conv2d", weight, 4);
  const input = asPadded("conv2d", x, attrs.input);
  const { height: h, width: w } = input;
  const [n, ci] = x;
  const [co, wi, kh, kw] = weight;
  if (kh < 1 || kw < 1) fail("the kernel is empty");
  if (ci !== wi) fail(`the image has ${ci} channels, the weights expect ${wi}`);
  if (bias && (bias.length !== 1 || bias[0] !== co)) fail(`the bias must be [${co}]`);
  const [strideY, strideX] = pairOf("conv2d", "stride", attrs.stride ?? 1, 1);
  const [padY, padX] = pairOf("conv2d", "padding", attrs.padding ?? 0, 0);
  const [dilationY, dilationX] = pairOf("conv2d", "dilation", attrs.dilation ?? 1, 1);
  const oh = Math.floor((h + 2 * padY - dilationY * (kh - 1) - 1) / strideY) + 1;
  const ow = Math.floor((w + 2 * padX - dilationX * (kw - 1) - 1) / strideX) + 1;
  if (oh < 1 || ow < 1) fail("the kernel is larger than the padded image");
  const margin = attrs.margin ?? 0;
  if (!(Number.isInteger(margin) && margin >= 0)) throw new OptionError("conv2d", `no margin of ${margin}`);
  const layouts = { x: layoutOf(input), y: layoutOf({ height: oh, width: ow, margin }) };
  return { n, ci, h, w, co, kh, kw, oh, ow, strideY, strideX, padY, padX, dilationY, dilationX, ...layouts };
}

/**
 * The same convolution with each image as one long row, where that changes nothing: a 1x1 kernel sees no neighbours, and
 * one row has only one ragged end. (Not where that row would need more workgroups than a dispatch can have in a line.)
 */
export function asOneRow(g: ConvGeometry): ConvGeometry {
  const pointwise = g.kh * g.kw * g.strideY * g.strideX === 1 && g.padY + g.padX === 0;
  if (!pointwise || g.x.left + g.y.left > 0 || g.h * g.w > 1 << 20) return g;
  const row = { rows: 1, pitch: g.h * g.w, top: 0, left: 0 };
  return { ...g, h: 1, w: row.pitch, oh: 1, ow: row.pitch, x: row, y: row };
}
