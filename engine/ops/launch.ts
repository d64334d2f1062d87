import type { Kernel } from "../../kernels/index";
import type { UniformValues } from "../pipelines";
import type { Tensor } from "../tensor";
import type { Params } from "../wgsl";

/** Invocations in a workgroup of kernels that run one invocation per element: WG of kernels/common.wgsl. */
const WORKGROUP = 64;

/** What a kernel with one invocation per element of its result `y` needs beside `y` and its size. */
export interface PerElement {
  params?: Params;
  uniforms?: UniformValues;
  bindings: Readonly<Record<string, Tensor>>;
  /** The uniform that says how many invocations do work; `n` by default. */
  counter?: string;
  /** That number; y's size by default. */
  count?: number;
}

/** Runs a kernel of one invocation per four elements of `y` (kernels/four.wgsl), and returns `y`. */
export function perFour(kernel: Kernel, y: Tensor, { params, uniforms, bindings }: PerElement): Tensor {
  y.gpu.dispatch({
    kernel,
    params,
    uniforms: { n: y.size, ...uniforms },
    bindings: { ...bindings, y },
    workgroups: y.gpu.grid(Math.ceil(y.size / 4), WORKGROUP),
  });
  return y;
}

/** Runs a kernel of one invocation per element of `y`, and returns `y`. */
export function perElement(kernel: Kernel, y: Tensor, spec: PerElement): Tensor {
  const { params, uniforms, bindings, counter = "n", count = y.size } = spec;
  y.gpu.dispatch({
    kernel,
    params,
    uniforms: { [counter]: count, ...uniforms },
    bindings: { ...bindings, y },
    workgroups: y.gpu.grid(count, WORKGROUP),
  });
  return y;
}
