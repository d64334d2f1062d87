import { kernels } from "../../kernels/index";
import { overPlanes, type Tensor } from "../core/index";
import { layoutOf, type Padded, planeLayout } from "./conv/index";

// pool2x2.wgsl: maxima of 2 x 2 windows side by side, of images with a margin of zeros or without.

/** The images that remain: half as high and wide, with the same margin. */
export const halfOf = ({ height, width, margin }: Padded): Padded => ({
  height: Math.floor(height / 2),
  width: Math.floor(width / 2),
  margin,
});

/** y = the largest x of each window. */
export function pool2x2(x: Tensor, images: Padded, y: Tensor): void {
  const half = halfOf(images);
  const { rows, pitch } = layoutOf(half);
  dispatch(y, half, images, half.margin, { x, y }, pitch, rows);
}

/** gx = gy at each window's first maximum, 0 elsewhere. */
export function pool2x2Gradient(x: Tensor, images: Padded, gy: Tensor, gx: Tensor): void {
  const half = halfOf(images);
  const { plane: gyPlane, pitch: gyPitch, start: gyStart } = planeLayout(layoutOf(half));
  const { rows, pitch } = layoutOf(images);
  const shift = images.margin % 2;
  const blocks = [pitch, rows].map((size) => Math.ceil((size + shift) / 2));
  dispatch(gx, half, images, images.margin, { x, y: gx, gy }, blocks[0], blocks[1], { gyPlane, gyPitch, gyStart });
}

/** @param width, height size of the grid for one plane */
function dispatch(
  y: Tensor,
  { height: h, width: w }: Padded,
  images: Padded,
  margin: number,
  bindings: Record<string, Tensor>,
  width: number,
  height: number,
  uniforms: Record<string, number> = {},
): void {
  const { plane: xPlane, pitch: xPitch, start: xStart } = planeLayout(layoutOf(images));
  const [n, c, yRows, yPitch] = y.shape;
  overPlanes(y.gpu, n * c, [Math.ceil(width / 8), Math.ceil(height / 8)], {
    kernel: kernels.pool2x2,
    params: { GRAD: bindings.gy ? 1 : 0 },
    uniforms: { h, w, xPlane, xPitch, xStart, yRows, yPitch, margin, ...uniforms },
    bindings,
  });
}
