import { kernels } from "../../kernels/index";
import { layoutOf, overPlanes, planeOf, type Tensor } from "../core/index";

// pool2x2.wgsl: maxima of 2 x 2 windows side by side, of images with a margin as wide on every side, or without.

/** y = the largest x of each window. */
export function pool2x2(x: Tensor, y: Tensor): void {
  const { rows, pitch } = layoutOf(y);
  dispatch(y, y, { x, y }, [pitch, rows]);
}

/** gx = gy at each window's first maximum, 0 elsewhere. */
export function pool2x2Gradient(x: Tensor, gy: Tensor, gx: Tensor): void {
  const { plane: gyPlane, pitch: gyPitch, start: gyStart } = planeOf(layoutOf(gy));
  const { rows, pitch, top } = layoutOf(gx);
  // Blocks of 2 x 2, the first ones halfway outside where the margin is odd.
  const blocks = [pitch, rows].map((size) => Math.ceil((size + (top % 2)) / 2)) as [number, number];
  dispatch(gx, gy, { x, y: gx, gy }, blocks, { gyPlane, gyPitch, gyStart });
}

/** @param windows a tensor of one value a window @param grid columns and rows of invocations for one plane */
function dispatch(
  y: Tensor,
  { shape: [n, c, h, w] }: Tensor,
  bindings: Record<"x" | "y", Tensor> & { gy?: Tensor },
  [columns, lines]: readonly [number, number],
  uniforms: Record<string, number> = {},
): void {
  const { plane: xPlane, pitch: xPitch, start: xStart } = planeOf(layoutOf(bindings.x));
  const { rows: yRows, pitch: yPitch, top: margin } = layoutOf(y);
  overPlanes(y.gpu, n * c, [Math.ceil(columns / 8), Math.ceil(lines / 8)], {
    kernel: kernels.pool2x2,
    params: { GRAD: bindings.gy ? 1 : 0 },
    uniforms: { h, w, xPlane, xPitch, xStart, yRows, yPitch, margin, ...uniforms },
    bindings: bindings as Record<string, Tensor>,
  });
}
