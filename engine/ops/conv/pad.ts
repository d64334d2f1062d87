import { kernels } from "../../../kernels/index";
import type { Tensor } from "../../tensor";

/** Where an image [n, c, h, w] lies in its padded copy [n, c, rows, pitch]; in floats, pitch a multiple of 4. */
export interface Padding {
  rows: number;
  pitch: number;
  top: number;
  left: number;
}

/**
 * A copy of x with zeros around it, or a view of x itself where it already has the layout asked for.
 * @param mask zero also where this tensor of x's shape is not positive: the gradient of a fused ReLU from its result
 */
export function padImage(x: Tensor, [n, c, h, w]: readonly number[], p: Padding, mask: Tensor | null = null): Tensor {
  const { gpu } = x;
  const shape = [n, c, p.rows, p.pitch];
  if (!mask && p.rows === h && p.pitch === w) return gpu.track(x.view(shape));
  const y = gpu.empty(shape);
  const uniforms = { n: y.size / 4, h, w, rows: p.rows, pitch: p.pitch / 4, top: p.top, left: p.left };
  gpu.dispatch({
    kernel: kernels.conv_pad,
    params: { MASK: mask ? 1 : 0 },
    uniforms,
    bindings: mask ? { x, y, z: mask } : { x, y },
    workgroups: gpu.grid(y.size / 4, 64),
  });
  return y;
}
