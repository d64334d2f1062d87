import type { Gpu, Shape, Tensor } from "../../engine/index";
import * as nn from "../../engine/ops/index";

/** Work in which a kernel takes part, on tensors that are made beforehand. */
export interface Workload {
  /** What is computed, and how large it is. */
  title: string;
  /** Multiply-adds, counted two, of one dispatch of the kernels that do the work itself; absent where that says little. */
  flops?: number;
  /**
   * Makes the tensors. @param onClose takes what is to be done in the end, beside the end of the scope
   * @returns the work, to be recorded any number of times within the same scope
   */
  open(gpu: Gpu, onClose: (close: () => void) => void): () => void;
}

/** Numbers between -1 and 1. */
export const pattern = (length: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => Math.sin(i * 1.7 + 0.3));
export const make = (gpu: Gpu, shape: Shape): Tensor => gpu.tensor(pattern(shape.reduce((a, b) => a * b, 1)), shape);

/** Runs an op and its gradients, where it has any, by all inputs, which must be leaves. */
export function forwardAndBack(inputs: readonly Tensor[], run: () => Tensor): void {
  for (const t of inputs) t.requiresGrad = true;
  const y = run();
  if (!y.requiresGrad) return;
  y.gpu.tape.backward(y, nn.ones(y.gpu, y.shape));
  for (const t of inputs) {
    t.grad?.dispose();
    t.grad = null;
  }
}
