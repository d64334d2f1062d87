import type { Tensor } from "../../core/index";
import { directDw, directDx, directForward } from "./direct";
import type { ConvGeometry } from "./geometry";
import { cropImage, layoutOf, type Padding, padInto, sameLayout } from "./pad";
import { type ConvPlan, roundUp } from "./plan";
import { pointwiseDx, pointwiseForward } from "./pointwise";
import { slideDw, slideDx, slideForward, slideGradientPadding } from "./slide";
import { tiledDw, tiledDx, tiledForward } from "./tiled";
import { winogradDx, winogradForward } from "./winograd";
import { winogradRowsDx, winogradRowsForward } from "./winograd-rows";

/** A gradient of y, masked by a fused ReLU's result: [n, co, rows, pitch], zeros around it, pitch a multiple of 4. */
export interface PaddedGradient {
  dy: Tensor;
  padding: Padding;
}

/** y = act(conv(x, w) + b), into y; the bias may be missing. */
export function forward(
  g: ConvGeometry,
  { forward: p }: ConvPlan,
  [x, ...weights]: readonly Tensor[],
  y: Tensor,
  relu: boolean,
) {
  if (p.family === "slide") return slideForward(g, p, [x, ...weights], y, relu);
  if (p.family === "winograd") return winogradForward(g, p, [x, ...weights], y, relu);
  if (p.family === "winogradRows") return winogradRowsForward(g, p, [x, ...weights], y, relu);
  const inputs = [plainImages(x, [g.n, g.ci, g.h, g.w], g.x), ...weights];
  intoPlain(y, [g.n, g.co, g.oh, g.ow], g.y, (to) => {
    if (p.family === "pointwise") pointwiseForward(g, p, inputs, to, relu);
    else if (p.family === "tiled") tiledForward(g, p, inputs, to, relu);
    else directForward(g, inputs, to, relu);
  });
}

/** Where the gradient of y lies so that both gradients of this plan can read it: zeros where a window slides over it. */
export function gradientPadding(g: ConvGeometry, { dx, dw }: ConvPlan): Padding {
  if ([dx.family, dw.family].some((f) => f === "slide" || f === "winogradRows")) return slideGradientPadding(g);
  return { rows: g.oh, pitch: roundUp(g.ow, 4), top: 0, left: 0 };
}

/** Gradient by x, into dx. @param gate x, where a ReLU made it and dx may be masked by it at once */
export function gradientByInput(
  g: ConvGeometry,
  { dx: p }: ConvPlan,
  dy: PaddedGradient,
  w: Tensor,
  dx: Tensor,
  gate: Tensor | null,
) {
  if (p.family === "slide") return slideDx(g, p, dy.dy, w, dx, gate);
  if (p.family === "winograd") return winogradDx(g, p, dy, w, dx, gate);
  if (p.family === "winogradRows") return winogradRowsDx(g, p, dy.dy, w, dx, gate);
  if (p.family === "pointwise") return pointwiseDx(g, p, dy, w, dx, gate);
  intoPlain(dx, [g.n, g.ci, g.h, g.w], g.x, (to) => {
    if (p.family === "tiled") tiledDx(g, p, dy, w, to);
    else directDx(g, dy, w, to);
  });
}

/** Gradient by w, into dw. */
export function gradientByWeights(g: ConvGeometry, { dw: p }: ConvPlan, dy: PaddedGradient, x: Tensor, dw: Tensor) {
  if (p.family === "slide") return slideDw(g, p, dy, x, dw);
  const images = plainImages(x, [g.n, g.ci, g.h, g.w], g.x);
  if (p.family === "tiled") tiledDw(g, p, dy, images, dw);
  else directDw(g, dy, images, dw);
}

// The sliding window and Winograd's convolutions read and write margins: for the others padded images are copied.

function plainImages(x: Tensor, dims: readonly number[], layout: Padding): Tensor {
  return isPlain(dims, layout) ? x : cropImage(x, layout, x.gpu.empty(dims, x.dtype));
}

function intoPlain(y: Tensor, dims: readonly number[], layout: Padding, write: (to: Tensor) => void): void {
  const plain = isPlain(dims, layout);
  const to = plain ? y : y.gpu.empty(dims, y.dtype);
  write(to);
  if (!plain) padInto(y, { first: 0, layout }, to, dims);
}

const isPlain = ([, , height, width]: readonly number[], layout: Padding): boolean =>
  sameLayout(layout, layoutOf({ height, width, margin: 0 }));
