import type { Tensor } from "../../engine/index";
import { kernels } from "../../kernels/index";
import type { Learner } from "./learner";
import type { MicroBatch } from "./learner-batch";
import type { LossSettings } from "./losses";

/**
 * Replays the forward and backward of a step whose loss or gradient was not finite and names where the first such value
 * appeared: an input, an op in a layer, or a gradient. Weights are untouched, so the replay meets the same numbers.
 */
export async function findNonFinite(
  learner: Learner,
  microBatches: () => Iterable<MicroBatch>,
  settings: LossSettings,
): Promise<string> {
  const { gpu, network } = learner;
  const seen: { what: string; flag: Tensor }[] = [];
  const look = (what: string, value: Tensor) => seen.push({ what, flag: flagNonFinite(value) });
  return gpu.scopeAsync(async () => {
    for (const { name } of network.parameters.specs) look(`parameter ${name}`, network.parameters.get(name));
    gpu.tape.observer = look;
    try {
      const watched = [...microBatches()].map((microBatch) => () => {
        const batch = microBatch();
        look("the input", batch.input);
        look("the keypoint targets", batch.targets.heat);
        if (batch.targets.limb) look("the limb targets", batch.targets.limb);
        return batch;
      });
      learner.gradients(watched, settings);
    } finally {
      gpu.tape.observer = null;
    }
    let first: string | null = null;
    for (const { what, flag } of seen) {
      first ??= (await flag.data())[1] === 0 ? null : what;
      flag.dispose();
    }
    return first ?? "no value of the replay (the trouble did not repeat)";
  });
}

/** [sum of squares, 1 if any value is not finite], outside every scope so that it outlives the step's own. */
function flagNonFinite(value: Tensor): Tensor {
  const { gpu } = value;
  const partials = gpu.empty([1, 2]).keep();
  const bindings = { g: value, partials };
  gpu.dispatch({ kernel: kernels.gradient_partials, uniforms: { n: value.size, first: 0 }, bindings, workgroups: [1] });
  return partials;
}
