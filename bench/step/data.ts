import type { Gpu } from "../../engine/index";
import { type Config, skeletonOf } from "../../train/config/index";
import { augmentBatch } from "../../train/data/augment/index";
import { Loader } from "../../train/data/index";
import { initialiseLearner } from "../../train/run/node";
import { openFolder, openSource } from "../../train/source/node";
import { createLearner, imagesPerPass, type LossSettings, microBatches } from "../../train/step/index";
import { interleave, type KernelTime, milliseconds, profileStep, summarise, type Timing } from "../measure/index";

/** How fast a folder's images become batches, without any network. */
export interface LoaderFigures {
  images: number;
  imageSize: number;
  /** Milliseconds for one pass over the training split, nothing cached: read, decoded, resized, normalised. */
  pass: Timing;
  imagesPerSecond: number;
}

/** @param root a folder in the NSRM layout. @throws UserError where it is not */
export async function benchLoader(root: string, config: Config, rounds: number): Promise<LoaderFigures> {
  const { image_size: imageSize, batch_size: batchSize, resize } = config;
  const dataset = openFolder({ root, skeleton: skeletonOf(config), imageSize, resize, splits: ["train"] }).splits.get(
    "train",
  )!;
  const samples: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const loader = new Loader(dataset, { batchSize, shuffle: true });
    const ms = await milliseconds(async () => {
      for await (const batch of loader.batches(round)) batch.input.at(-1);
    });
    // The first pass may wait for the disk.
    if (round > 0) samples.push(ms);
  }
  const pass = summarise(samples);
  return { images: dataset.size, imageSize, pass, imagesPerSecond: (1000 * dataset.size) / pass.median };
}

/** What it costs to make a batch of synthetic hands, beside the training step that uses it. */
export interface BatchFigures {
  /** Hands drawn, changed by augmentation, their target maps rendered; milliseconds a batch. */
  making: Timing;
  /** The training step on a batch that is there. */
  step: Timing;
  /** making / (making + step) */
  share: number;
  /** What the GPU spends on a batch, by kernel; null where the adapter has no timestamp queries. */
  kernels: readonly KernelTime[] | null;
}

/** @param config of synthetic hands */
export async function benchBatch(gpu: Gpu, config: Config, rounds: number): Promise<BatchFigures> {
  const source = openSource({ gpu, config });
  const loader = new Loader(source.split("train"), { batchSize: config.batch_size });
  const { value: plain } = await loader.batches(0).next();
  const batch = augmentBatch(config, plain!);
  const learner = createLearner(gpu, config);
  initialiseLearner(learner, config);
  const { batch_size, weight: limbWeight, weight_g61: partWeight, loss_norm: norm } = config;
  const settings: LossSettings = { batch: batch_size, limbWeight, partWeight, norm };
  const make = () => [...microBatches(gpu, source, config, batch, imagesPerPass(gpu, config))].map((part) => part());
  const fixed = make();
  for (const { input, targets } of fixed) for (const t of [input, targets.heat, targets.limb]) t?.keep();
  try {
    const [making, step] = await interleave(
      [
        async () => {
          gpu.scope(() => void make());
          await gpu.finish();
        },
        async () => {
          learner.step(
            fixed.map((part) => () => part),
            settings,
            config.learning_rate,
          );
          await learner.outcome();
        },
      ],
      rounds,
    );
    const profile = await profileStep(gpu, () => gpu.scope(() => void make()));
    return { making, step, kernels: profile?.kernels ?? null, share: making.median / (making.median + step.median) };
  } finally {
    for (const { input, targets } of fixed) for (const t of [input, targets.heat, targets.limb]) t?.dispose();
    learner.dispose();
    await loader.close();
  }
}
