import { writesSoFar } from "../device/index";
import { overwritten, type Segment } from "./tape";
import type { Tensor } from "./tensor";

/**
 * Runs a part of the forward pass and keeps of it only the inputs and the result: backward runs it again when it gets
 * there (Chen et al., Training Deep Nets with Sublinear Memory Cost, 2016). All gradients are the same, bit for bit, and
 * what an op does beside its result (batchNorm's running statistics) is done once.
 * @param run a function of its inputs and of leaves (parameters) alone, which makes one new tensor
 */
export function checkpoint(inputs: readonly Tensor[], run: (inputs: readonly Tensor[]) => Tensor): Tensor {
  const { gpu } = inputs[0];
  const { tape } = gpu;
  if (!tape.recording) return gpu.scope(() => run(inputs));
  const mark = tape.length;
  const began = writesSoFar();
  const output = gpu.scope(() => run(inputs));
  const nodes = tape.cut(mark);
  for (const { saved } of nodes) for (const one of saved) one.dispose();
  if (output.requiresGrad) tape.pushSegment({ inputs, output, run, verify: unwritten(nodes, inputs, began) });
  return output;
}

/** Watches the leaves that a part of forward has read: it must read the same when it runs again. */
function unwritten(
  nodes: readonly { inputs: readonly Tensor[] }[],
  given: readonly Tensor[],
  began: number,
): Segment["verify"] {
  const read = new Set(nodes.flatMap((node) => node.inputs));
  const leaves = [...read].filter((t) => t.isLeaf && !t.disposed && !given.includes(t));
  // One that was written to meanwhile was made there, or is moved there on purpose.
  const watched = leaves.filter(({ storage }) => !storage.writtenSince(began));
  return () => {
    for (const leaf of watched) if (leaf.storage.writtenSince(began)) throw overwritten("a leaf of a checkpoint", leaf);
  };
}
