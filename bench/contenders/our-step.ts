import type { Gpu } from "../../engine/index";
import { cellsOf } from "../../train/pose/index";
import { createLearner, imagesPerPass, type LearnerBatch, splitBatch } from "../../train/step/index";
import type { Problem, StepContender } from "../contract/index";
import { BufferMeter } from "../measure/index";

/** This project's training step as a contender. */
export interface OurStep extends StepContender {
  /** Records and submits one step without waiting. */
  record(): void;
  /** Pipelines compiled so far. */
  pipelines(): number;
  /** Bytes of GPU buffers at most alive at a time so far. */
  peakBytes(): number;
  /** What a step needs of memory; null where steps are not captured. */
  memory(): StepMemory | null;
}

/** A step's memory in bytes. */
export interface StepMemory {
  /** Its own buffers: activations, their gradients, workspaces. */
  step: number;
  /**
   * The least that any assignment of buffers could do with: what is live at the step's worst moment, beside parameters,
   * gradients and moments, and one batch.
   */
  least: number;
}

/** @param gpu left open by `close` */
export function openOurStep(gpu: Gpu, problem: Problem): OurStep {
  const { config, settings, weights } = problem;
  gpu.trim(); // buffers left by earlier work would be taken again and escape the meter
  const meter = new BufferMeter(gpu.device);
  const learner = createLearner(gpu, config);
  for (const [name, values] of weights) learner.network.parameters.load(name, values);
  const batches = uploadParts(gpu, problem);
  const parts = batches.map((batch) => () => batch);
  const record = () => learner.step(parts, settings, config.learning_rate);
  return {
    async gradients() {
      learner.gradients(parts, settings);
      const { losses } = await learner.outcome();
      const { parameters } = learner.network;
      return { loss: losses.loss, gradients: await parameters.readArena(parameters.gradients) };
    },
    async forward() {
      const maps = gpu.scope(() =>
        gpu.tape.noGrad(() => parts.map((part) => learner.network.forward(part().input).heatmaps.at(-1)!)),
      );
      for (const map of maps) {
        await map.data();
        map.dispose();
      }
    },
    async step() {
      record();
      return (await learner.outcome()).losses.loss;
    },
    record,
    pipelines: () => gpu.pipelines.count,
    memory() {
      const program = learner.programs.at(-1);
      if (!program) return null;
      const arenas = 4 * learner.network.parameters.values.bytes;
      const batch = batches.flatMap(({ input, targets: { heat, limb } }) => [
        input.bytes,
        heat.bytes,
        limb?.bytes ?? 0,
      ]);
      return { step: program.bytes, least: program.livePeak + arenas + batch.reduce((a, b) => a + b, 0) };
    },
    peakBytes: () => meter.peak,
    async close() {
      for (const { input, targets } of batches) for (const t of [input, targets.heat, targets.limb]) t?.dispose();
      learner.dispose();
      meter.stop();
    },
  };
}

/** The batch on the GPU, in as many parts as the adapter's limits ask for. */
function uploadParts(gpu: Gpu, { config, input, heat, limb }: Problem): LearnerBatch[] {
  const size = config.batch_size;
  const side = config.image_size;
  return splitBatch(size, imagesPerPass(gpu, config)).map(([from, to]) => {
    const cut = (values: Float32Array, width: number) => {
      const channels = values.length / (size * width * width);
      const each = channels * width * width;
      return gpu.tensor(values.subarray(from * each, to * each), [to - from, channels, width, width]).keep();
    };
    return {
      input: cut(input, side),
      targets: { heat: cut(heat, cellsOf(side)), limb: limb && cut(limb, cellsOf(side)) },
    };
  });
}
