import { contiguous, expectRank, type Layout, type Pair, pairOf, type Shape, sameLayout } from "../../../core/index";
import { ShapeError } from "../../../errors/index";

/** How a convolution steps over its input. Numbers are in pixels, for both axes or as [y, x]. */
export interface WindowAttrs {
  /** Pixels from one window to the next; 1 by default. */
  stride?: Pair;
  /** Zeros added on each side of the image; 0 by default. */
  padding?: Pair;
  /** Distance between neighbouring taps of the kernel; 1 by default. */
  dilation?: Pair;
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
  x: Layout;
  y: Layout;
}

/**
 * Sizes of conv2d(x [n, ci, h, w], w [co, ci, kh, kw], b [co]?), PyTorch's rule:
 * oh = floor((h + 2 padding - dilation (kh - 1) - 1) / stride) + 1.
 * @param layouts of x and y, where their images are not contiguous
 * @throws ShapeError, OptionError
 */
export function convGeometry(
  shapes: readonly Shape[],
  attrs: WindowAttrs,
  layouts: { x?: Layout | null; y?: Layout | null } = {},
): ConvGeometry {
  const fail = (why: string): never => {
    throw new ShapeError("conv2d", why, shapes);
  };
  if (shapes.length < 2 || shapes.length > 3) fail("takes an image, weights, and maybe a bias");
  const [x, weight, bias] = shapes;
  expectRank("conv2d", x, 4);
  expectRank("conv2d", weight, 4);
  const [n, ci, h, w] = x;
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
  const lie = { x: layouts.x ?? contiguous(h, w), y: layouts.y ?? contiguous(oh, ow) };
  return { n, ci, h, w, co, kh, kw, oh, ow, strideY, strideX, padY, padX, dilationY, dilationX, ...lie };
}

/**
 * The same convolution with each image as one long row, where that changes nothing: a 1x1 kernel sees no neighbours, and
 * one row has only one ragged end. (Not where that row would need more workgroups than a dispatch can have in a line.)
 */
export function asOneRow(g: ConvGeometry): ConvGeometry {
  const pointwise = g.kh * g.kw * g.strideY * g.strideX === 1 && g.padY + g.padX === 0;
  const plain = contiguous(g.h, g.w);
  if (!pointwise || g.h * g.w > 1 << 20 || !sameLayout(g.x, plain) || !sameLayout(g.y, plain)) return g;
  const row = contiguous(1, g.h * g.w);
  return { ...g, h: 1, w: row.pitch, oh: 1, ow: row.pitch, x: row, y: row };
}
