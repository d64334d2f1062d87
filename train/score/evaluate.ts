import { type Gpu, sumMse, UserError } from "../../engine/index";
import type { Network } from "../../model/network/index";
import type { Config } from "../config/index";
import { type Dataset, Loader, type Source } from "../data/index";
import { type DecoderName, decoders, flippedHeatmaps } from "../decode/index";
import { cellsOf, type Points, type Pose } from "../pose/index";
import { microBatches } from "../step/index";
import { type Judgement, judge, type Prediction } from "./judgement";

/** What an evaluation found, and how. */
export interface Evaluation extends Judgement {
  /** How joints were read off the maps. */
  decoder: DecoderName;
  /** The maps are the mean of those of the image and its mirror image. */
  flip: boolean;
  /** Squared error of the last stage's maps, per image, as the original's validation loss. */
  loss: number;
  /** The same for the best maps that ignore the image: each cell's mean over this split. */
  constantLoss: number;
}

/** What to evaluate, and on what. */
export interface EvaluateOptions {
  gpu: Gpu;
  network: Network;
  config: Config;
  source: Source;
  dataset: Dataset;
  /** Joints of the constant mean pose, relative to the image's size: [J, 2]. */
  meanPose: Points;
  imagesPerPass: number;
  flip?: boolean;
  /** Ends the evaluation before its next batch: it throws the signal's reason. */
  stop?: AbortSignal;
  /** Told after each batch: images done, of how many. */
  onProgress?: (done: number, of: number) => void;
}

/** Runs the network over a split: loss, joints by the experiment's decoder, how good they are. Records nothing. */
export async function evaluate(options: EvaluateOptions): Promise<Evaluation> {
  return (await evaluateDecoders(options, [options.config.decoder]))[0];
}

/** The same with the maps read by several decoders: an evaluation for each, in their order. */
export async function evaluateDecoders(options: EvaluateOptions, names: readonly DecoderName[]): Promise<Evaluation[]> {
  const { gpu, network, config, source, dataset, imagesPerPass, flip = false } = options;
  const batchSize = Math.min(config.batch_size, imagesPerPass);
  const loader = new Loader(dataset, { batchSize, skipBad: config.skip_bad, prefetch: config.prefetch });
  const poses: Pose[] = [];
  const predictions = names.map((): Prediction[] => []);
  const cells = new CellMoments();
  let squared = 0;
  try {
    for await (const batch of loader.batches(0)) {
      options.stop?.throwIfAborted();
      const [part] = microBatches(gpu, source, config, batch, imagesPerPass);
      await gpu.inference(async () => {
        const { input, targets } = part();
        const last = flip ? flippedHeatmaps(network, dataset.skeleton, input) : network.forward(input).heatmaps.at(-1)!;
        const error = sumMse(last, targets.heat, 1);
        const [maps, wanted, sum] = await Promise.all([last.data(), targets.heat.data(), error.item()]);
        squared += sum;
        cells.add(wanted, batch.examples.length);
        const [, joints, rows, columns] = last.shape;
        const size = joints * rows * columns;
        for (const [n, { name, width, height }] of batch.examples.entries()) {
          const of = maps.subarray(n * size, (n + 1) * size);
          const facts = { rows, columns, width, height, sigma: config.sigma };
          for (const [d, decoder] of names.entries()) {
            predictions[d].push({ name, ...decoders[decoder](of, facts) });
          }
          poses.push(batch.examples[n]);
        }
      });
      options.onProgress?.(poses.length, dataset.size);
    }
  } finally {
    await loader.close();
  }
  if (poses.length === 0) {
    const [first] = loader.skipped.values();
    throw new UserError(`${dataset.splitName}: not one image can be read: ${first}`);
  }
  const side = config.loss_norm === "original" ? 46 : cellsOf(config.image_size);
  const divisor = poses.length * side * side;
  const { meanPose } = options;
  const [thresholds, skipped] = [config.pck_thresholds, loader.skipped.size];
  return names.map((decoder, d) => ({
    ...judge({ dataset, predictions: predictions[d], poses, meanPose, thresholds, skipped }),
    decoder,
    flip,
    loss: squared / divisor,
    constantLoss: cells.squaredError() / divisor,
  }));
}

/** Per-cell sums of the target maps, from which the error of their mean follows: sum t^2 - (sum t)^2 / n. */
class CellMoments {
  #sum: Float64Array | null = null;
  #squares = 0;
  #count = 0;

  add(maps: Float32Array, images: number): void {
    const size = maps.length / images;
    this.#sum ??= new Float64Array(size);
    for (let i = 0; i < maps.length; i++) {
      this.#sum[i % size] += maps[i];
      this.#squares += maps[i] * maps[i];
    }
    this.#count += images;
  }

  squaredError(): number {
    const between = (this.#sum ?? new Float64Array()).reduce((total, s) => total + s * s, 0);
    return this.#squares - between / this.#count;
  }
}
