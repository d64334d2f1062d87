import type { Tensor } from "../../core/index";
import {
  aroundGradient,
  type ConvGeometry,
  cropImage,
  layoutOf,
  type PaddedGradient,
  type Padding,
  padInto,
  roundUp,
  sameLayout,
} from "./common/index";
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
  const inputs = [readable(family, x, imagesOf(g)), ...weights];
  write(family, y, resultsOf(g), (to) => family.forward(g, p, inputs, to, relu));
}

/** Where the gradient of y lies so that both gradients of this plan can read it: zeros where a window slides over it. */
export const gradientPadding = (g: ConvGeometry, { dx, dw }: ConvPlan): Padding =>
  familyOf(dx).zeros || familyOf(dw).zeros
    ? aroundGradient(g)
    : { rows: g.oh, pitch: roundUp(g.ow, 4), top: 0, left: 0 };

/** Gradient by x, into dx. @param gate x, where a ReLU made it and dx may be masked by it at once */
export function gradientByInput(
  g: ConvGeometry,
  { dx: p }: ConvPlan,
  dy: PaddedGradient,
  w: Tensor,
  dx: Tensor,
  gate: Tensor | null,
): void {
  const family = familyOf(p);
  // x masks what lies as x does: no copy.
  write(family, dx, imagesOf(g), (to) => family.dx(g, p, dy, w, to, to === dx ? gate : null));
}

/** Gradient by w, into dw. */
export function gradientByWeights(
  g: ConvGeometry,
  { dw: p }: ConvPlan,
  dy: PaddedGradient,
  x: Tensor,
  dw: Tensor,
): void {
  const family = familyOf(p);
  family.dw!(g, p, dy, readable(family, x, imagesOf(g)), dw);
}

/** The dimensions of images, and how they lie in memory. */
interface Images {
  dims: readonly [n: number, channels: number, height: number, width: number];
  layout: Padding;
}

const imagesOf = ({ n, ci, h, w, x }: ConvGeometry): Images => ({ dims: [n, ci, h, w], layout: x });
const resultsOf = ({ n, co, oh, ow, y }: ConvGeometry): Images => ({ dims: [n, co, oh, ow], layout: y });

/** Images as the family reads them: for one that knows no margins, without. */
function readable(family: Family, x: Tensor, { dims, layout }: Images): Tensor {
  return takes(family, { dims, layout }) ? x : cropImage(x, layout, x.gpu.empty(dims, x.dtype));
}

/** Has the family write images into y: where it knows no margins, by way of a tensor without. */
function write(family: Family, y: Tensor, images: Images, body: (to: Tensor) => void): void {
  const inPlace = takes(family, images);
  const to = inPlace ? y : y.gpu.empty(images.dims, y.dtype);
  body(to);
  if (!inPlace) padInto(y, { first: 0, layout: images.layout }, to, images.dims);
}

function takes({ margins }: Family, { dims: [, , height, width], layout }: Images): boolean {
  return margins || sameLayout(layout, layoutOf({ height, width, margin: 0 }));
}
