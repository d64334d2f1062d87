import { kernels } from "../../kernels/index";
import { type Basics, type Gpu, perFour, sameLayout, type Tensor, writePlain } from "../core/index";
import type { Dtype } from "../device/index";
import { plain } from "./plain";

/** Sets every element to `value`. */
export function fill(y: Tensor, value: number): void {
  writePlain(y, (to) => perFour(kernels.fill, to, { params: { MODE: 0 }, uniforms: { value }, bindings: {} }));
}

/** to += from, in place, outside the tape; both of one size. */
export function addInto(to: Tensor, from: Tensor): void {
  if (sameLayout(to.layout, from.layout)) perFour(kernels.fill, to, { params: { MODE: 1 }, bindings: { x: from } });
  else to.gpu.scope(() => addInto(to, alike(from, to)));
}

/** x's values as y has its own. */
function alike(x: Tensor, y: Tensor): Tensor {
  const copy = y.gpu.empty(y.shape, x.dtype, y.layout);
  y.gpu.copy(x, copy);
  return copy;
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

/** What a device is opened with. */
export const basics: Basics = { ones: (like) => ones(like.gpu, like.shape, like.dtype), addInto, convert, plain };
