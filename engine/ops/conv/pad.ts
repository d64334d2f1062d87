import { kernels } from "../../../kernels/index";
import type { Tensor } from "../../tensor";

/** Where an image [n, c, h, w] lies in its padded copy [n, c, rows, pitch]; in values, pitch a multiple of 4. */
export interface Padding {
  rows: number;
  pitch: number;
  top: number;
  left: number;
}

/** Values from one plane to the next, from one row to the next, and from a plane's start to the image's first value. */
export const planeLayout = ({ rows, pitch, top, left }: Padding) => ({
  plane: rows * pitch,
  pitch,
  start: top * pitch + left,
});

/**
 * A copy of x with zeros around it, or a view of x itself where it already has the layout asked for.
 * @param mask zero also where this tensor of x's shape is not positive: the gradient of a fused ReLU from its result
 */
export function padImage(x: Tensor, [n, c, h, w]: readonly number[], p: Padding, mask: Tensor | null = null): Tensor {
  const { gpu } = x;
  const shape = [n, c, p.rows, p.pitch];
  if (!mask && p.rows === h && p.pitch === w) return gpu.track(x.view(shape));
  const y = gpu.empty(shape, x.dtype);
  const planes = n * c;
  const [gx, gy] = [Math.ceil(p.pitch / 32), Math.ceil(p.rows / 8)];
  // An invocation may do several planes: a workgroup costs a software driver as much as 30 vec4.
  const wanted = gpu.adapter.kind === "gpu" ? gpu.limits.maxComputeWorkgroupsPerDimension : Math.ceil(64 / (gx * gy));
  gpu.dispatch({
    kernel: kernels.conv_pad,
    params: { MASK: mask ? 1 : 0 },
    uniforms: { planes, h, w, rows: p.rows, pitch: p.pitch / 4, top: p.top, left: p.left },
    bindings: mask ? { x, y, z: mask } : { x, y },
    workgroups: [gx, gy, Math.min(planes, wanted)],
  });
  return y;
}
