import { kernels } from "../../kernels/index";
import type { Gpu } from "../gpu";
import type { TapeOps } from "../tape";
import type { Dtype, Tensor } from "../tensor";

/** Sets every element to `value`. */
export function fill(y: Tensor, value: number): void {
  const { gpu } = y;
  const uniforms = { n: y.size, value };
  gpu.dispatch({
    kernel: kernels.fill,
    params: { MODE: 0 },
    uniforms,
    bindings: { y },
    workgroups: gpu.grid(y.size, 64),
  });
}

/** to += from, in place, outside the tape; both of one size. */
export function addInto(to: Tensor, from: Tensor): void {
  const { gpu } = to;
  const uniforms = { n: to.size };
  const bindings = { x: from, y: to };
  gpu.dispatch({ kernel: kernels.fill, params: { MODE: 1 }, uniforms, bindings, workgroups: gpu.grid(to.size, 64) });
}

/** A tensor of ones, released at the end of the innermost scope. */
export function ones(gpu: Gpu, shape: readonly number[], dtype: Dtype = "f32"): Tensor {
  const t = gpu.empty(shape, dtype);
  fill(t, 1);
  return t;
}

/** y = x, of the same size, one of them float32 and the other float16; outside the tape. */
export function convert(x: Tensor, y: Tensor): Tensor {
  const { gpu } = y;
  const n4 = Math.ceil(y.size / 4);
  gpu.dispatch({
    kernel: kernels.cast,
    params: { NARROW: y.dtype === "f16" ? 1 : 0 },
    uniforms: { n4 },
    bindings: { x, y },
    workgroups: gpu.grid(n4, 64),
  });
  return y;
}

/** What the tape itself needs of the kernels. */
export const tapeOps: TapeOps = { ones: (like) => ones(like.gpu, like.shape, like.dtype), addInto };
