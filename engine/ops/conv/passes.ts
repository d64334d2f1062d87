import { type Layout, plainImages, type Tensor, writePlain } from "../../core/index";
import { aroundGradient, type ConvGeometry, roundUp } from "./common/index";
import { type Family, familyOf } from "./families/index";
import type { ConvPlan } from "./plan";

/** y = act(conv(x, w) + b), into y; the bias may be missing. */
export function forward(
  g: ConvGeometry,
  { forward: p }: ConvPlan,
  [x, ...weights]: readonly Tensor[],
  y: Tensor,
  relu: boolean,
): void {
  const family = familyOf(p);
  const inputs = [readable(family, x), ...weights];
  write(family, y, (to) => family.forward(g, p, inputs, to, relu));
}

/** Where the gradient of y lies so that both gradients of this plan can read it: zeros where a window slides over it. */
export const gradientLayout = (g: ConvGeometry, { dx, dw }: ConvPlan): Layout =>
  familyOf(dx).zeros || familyOf(dw).zeros
    ? aroundGradient(g)
    : { rows: g.oh, pitch: roundUp(g.ow, 4), top: 0, left: 0 };

/** Gradient by x, into dx. @param gate x, where a ReLU made it and dx may be masked by it at once */
export function gradientByInput(
  g: ConvGeometry,
  { dx: p }: ConvPlan,
  dy: Tensor,
  w: Tensor,
  dx: Tensor,
  gate: Tensor | null,
): void {
  const family = familyOf(p);
  // x can mask only what lies as x does, which a copy does not.
  write(family, dx, (to) => family.dx(g, p, dy, w, to, to === dx ? gate : null));
}

/** Gradient by w, into dw. */
export function gradientByWeights(g: ConvGeometry, { dw: p }: ConvPlan, dy: Tensor, x: Tensor, dw: Tensor): void {
  const family = familyOf(p);
  family.dw!(g, p, dy, readable(family, x), dw);
}

/** Images as the family reads them: for one that knows no margins, without. */
const readable = ({ margins }: Family, x: Tensor): Tensor => (margins ? x : plainImages(x));

/** Has the family write images into y: where it knows no margins, by way of a tensor without. */
const write = ({ margins }: Family, y: Tensor, body: (to: Tensor) => void): void =>
  margins ? body(y) : writePlain(y, body);
