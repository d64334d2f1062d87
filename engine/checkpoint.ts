import type { Tensor } from "./tensor";

/**
 * Runs a part of the forward pass and keeps of it only the inputs and the result: backward runs it again when it gets
 * there (Chen et al., Training Deep Nets with Sublinear Memory Cost, 2016). All gradients are the same, bit for bit.
 * @param run a function of its inputs and of leaves (parameters) alone, which makes one new tensor
 */
export function checkpoint(inputs: readonly Tensor[], run: (inputs: readonly Tensor[]) => Tensor): Tensor {
  const { gpu } = inputs[0];
  const { tape } = gpu;
  if (!tape.recording) return gpu.scope(() => run(inputs));
  const mark = tape.length;
  const y = gpu.scope(() => run(inputs));
  tape.truncate(mark);
  if (y.requiresGrad) tape.pushSegment(inputs, y, run);
  return y;
}
