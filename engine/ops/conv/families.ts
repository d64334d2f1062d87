import type { Tensor } from "../../tensor";
import { directDw, directDx, directForward } from "./direct";
import type { ConvGeometry } from "./geometry";
import type { Padding } from "./pad";
import { type ConvPlan, roundUp } from "./plan";
import { pointwiseDx, pointwiseForward } from "./pointwise";
import { slideDw, slideDx, slideForward, slideGradientPadding } from "./slide";
import { tiledDw, tiledDx, tiledForward } from "./tiled";
import { winogradDx, winogradForward } from "./winograd";

/** A gradient of y, masked by a fused ReLU's result: [n, co, rows, pitch], zeros around it, pitch a multiple of 4. */
export interface PaddedGradient {
  dy: Tensor;
  padding: Padding;
}

/** y = act(conv(x, w) + b), into y; the bias may be missing. */
export function forward(
  g: ConvGeometry,
  { forward: p }: ConvPlan,
  inputs: readonly Tensor[],
  y: Tensor,
  relu: boolean,
) {
  if (p.family === "slide") slideForward(g, p, inputs, y, relu);
  else if (p.family === "winograd") winogradForward(g, p, inputs, y, relu);
  else if (p.family === "pointwise") pointwiseForward(g, p, inputs, y, relu);
  else if (p.family === "tiled") tiledForward(g, p, inputs, y, relu);
  else directForward(g, inputs, y, relu);
}

/** Where the gradient of y lies so that both gradients of this plan can read it: zeros where a window slides over it. */
export function gradientPadding(g: ConvGeometry, { dx, dw }: ConvPlan): Padding {
  if (dx.family === "slide" || dw.family === "slide") return slideGradientPadding(g, dx);
  return { rows: g.oh, pitch: roundUp(g.ow, 4), top: 0, left: 0 };
}

/** Gradient by x, into dx. */
export function gradientByInput(g: ConvGeometry, { dx: p }: ConvPlan, dy: PaddedGradient, w: Tensor, dx: Tensor) {
  if (p.family === "slide") slideDx(g, p, dy.dy, w, dx);
  else if (p.family === "winograd") winogradDx(g, p, dy, w, dx);
  else if (p.family === "pointwise") pointwiseDx(g, p, dy, w, dx);
  else if (p.family === "tiled") tiledDx(g, p, dy, w, dx);
  else directDx(g, dy, w, dx);
}

/** Gradient by w, into dw. */
export function gradientByWeights(g: ConvGeometry, { dw: p }: ConvPlan, dy: PaddedGradient, x: Tensor, dw: Tensor) {
  if (p.family === "slide") slideDw(g, p, dy, x, dw);
  else if (p.family === "tiled") tiledDw(g, p, dy, x, dw);
  else directDw(g, dy, x, dw);
}
