import { benchConfig } from "../bench/measure/index";
import { benchBatch, benchLoader, STEP_SETS } from "../bench/step/index";
import { wholeNumberFrom } from "./arguments";
import { experimentFile } from "./experiment-file";
import { withGpu } from "./gpu";

export interface DataOptions {
  config: string;
  set: string[];
  steps: string;
  adapter?: string;
}

/** Every kind of change, as strong as one would want it on images of 96 pixels. */
const AUGMENT = [
  "augment.rotation=30",
  "augment.scale=[0.8,1.25]",
  "augment.translation=0.1",
  "augment.flip=0.5",
  "augment.brightness=0.3",
  "augment.contrast=0.3",
  "augment.saturation=0.3",
  "augment.blur=0.7",
  "augment.cutout.probability=0.3",
];

/** `nsrm bench data [DIR]`: what it costs to make batches, from files or drawn. */
export async function dataCommand(dir: string | undefined, { config: file, set, steps, adapter }: DataOptions) {
  const path = experimentFile(file);
  const rounds = wholeNumberFrom("--steps", steps, 1);
  if (dir !== undefined) {
    const config = benchConfig(path, ["image_size=368"], set);
    const { images, imageSize, imagesPerSecond } = await benchLoader(dir, config, rounds);
    console.log(
      `loader: ${imagesPerSecond.toFixed(0)} images/s (${images} files, to ${imageSize} x ${imageSize}, no cache)`,
    );
  }
  const config = benchConfig(path, [...STEP_SETS, "data_root=null", "dataset=synthetic", ...AUGMENT], set);
  await withGpu(adapter, async (gpu) => {
    const { making, step, share, kernels } = await benchBatch(gpu, config, rounds);
    const where = `width ${config.width}, ${config.image_size} px, batch ${config.batch_size}, ${gpu.adapter.kind}`;
    console.log(`drawn, augmented, masks rendered: ${making.median.toFixed(1)} ms a batch`);
    if (kernels) console.log(`  ${kernels.map(({ name, ms }) => `${name} ${ms.toFixed(1)}`).join(", ")} ms`);
    console.log(
      `step: ${step.median.toFixed(1)} ms (${where}); batches take ${(100 * share).toFixed(1)}% of the whole`,
    );
  });
}
