import type { Kernel } from "../../kernels/index";
import type { Params, UniformValues } from "../device/index";
import type { DispatchSpec } from "./dispatcher";
import type { Gpu } from "./gpu";
import type { Tensor } from "./tensor";

/** Invocations in a workgroup of kernels that run one invocation per element: WG of kernels/include/common.wgsl. */
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

/** Runs a kernel of one invocation per four elements of `y` (kernels/include/four.wgsl), and returns `y`. */
export function perFour(kernel: Kernel, y: Tensor, { params, uniforms, bindings }: PerElement): Tensor {
  const n = y.extent;
  y.gpu.dispatch({
    kernel,
    params,
    uniforms: { n, ...uniforms },
    bindings: { ...bindings, y },
    workgroups: y.gpu.grid(Math.ceil(n / 4), WORKGROUP),
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

/**
 * Runs a kernel over planes of `groups` workgroups of 8 x 8 invocations, of which one may do several planes. Planes that have more
 * in a line than the adapter allows take several dispatches, the kernel's `origin` being where each begins.
 */
export function overPlanes(
  gpu: Gpu,
  planes: number,
  [width, height]: readonly [number, number],
  spec: Omit<DispatchSpec, "workgroups">,
): void {
  const most = gpu.limits.maxComputeWorkgroupsPerDimension;
  // A workgroup costs a software driver as much as 30 vec4.
  const wanted = gpu.adapter.kind === "gpu" ? most : Math.ceil(64 / (width * height));
  for (let y = 0; y < height; y += most) {
    for (let x = 0; x < width; x += most) {
      const uniforms = { origin: [8 * x, 8 * y], planes, ...spec.uniforms };
      const workgroups = [
        Math.min(most, width - x),
        Math.min(most, height - y),
        Math.min(planes, wanted, most),
      ] as const;
      gpu.dispatch({ ...spec, uniforms, workgroups });
    }
  }
}
