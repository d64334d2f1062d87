import type { Gpu } from "../engine/gpu";
import { sumMse } from "../engine/ops/index";
import type { Network } from "../model/network";
import type { Config } from "./config";
import type { Dataset, Pose } from "./data/dataset";
import { Loader } from "./data/loader";
import { batchParts } from "./feed";
import { decodeHeatmaps } from "./metrics/decode";
import { type Scores, scorePredictions } from "./metrics/scores";
import type { Source } from "./source";

/** A prediction in the stored image's pixels. */
export interface Prediction {
  /** Image name. */
  name: string;
  /** [21, 2], x and y. */
  joints: number[][];
  /** The decoded maximum of each joint's map. */
  confidence: number[];
}

export interface Evaluation {
  split: string;
  images: number;
  /** Squared error of the last stage's maps, per image, as the original's validation loss. */
  loss: number;
  /** The same for the best maps that ignore the image: each cell's mean over this split. */
  constantLoss: number;
  scores: Scores;
  predictions: Prediction[];
  skipped: number;
}

export interface EvaluateOptions {
  gpu: Gpu;
  network: Network;
  config: Config;
  source: Source;
  dataset: Dataset;
  /** Joints of the constant mean pose, relative to the image's size: [21, 2]. */
  meanPose: Float64Array;
  imagesPerPass: number;
  onProgress?: (done: number, of: number) => void;
}

/** Runs the network over a split: loss, decoded joints, PCK. Nothing is recorded on the tape. */
export async function evaluate(options: EvaluateOptions): Promise<Evaluation> {
  const { gpu, network, config, source, dataset, imagesPerPass } = options;
  const batchSize = Math.min(config.batch_size, imagesPerPass);
  const loader = new Loader(dataset, { batchSize, skipBad: config.skip_bad, prefetch: config.prefetch });
  const poses: Pose[] = [];
  const predictions: Prediction[] = [];
  const cells = new CellMoments();
  let squared = 0;
  try {
    for await (const batch of loader.batches(0)) {
      const [part] = batchParts(gpu, source, config, batch, imagesPerPass);
      await gpu.tape.noGradAsync(() =>
        gpu.scopeAsync(async () => {
          const { input, targets } = part();
          const last = network.forward(input).heatmaps.at(-1)!;
          const error = sumMse(last, targets.heat, 1);
          const [maps, wanted, sum] = await Promise.all([last.data(), targets.heat.data(), error.item()]);
          squared += sum;
          cells.add(wanted, batch.examples.length);
          const [, , h, w] = last.shape;
          for (const [n, example] of batch.examples.entries()) {
            const of = maps.subarray(n * 21 * h * w, (n + 1) * 21 * h * w);
            predictions.push({ name: example.name, ...decodeHeatmaps(of, h, w, example.width, example.height) });
            poses.push(example);
          }
        }),
      );
      options.onProgress?.(poses.length, dataset.size);
    }
  } finally {
    await loader.close();
  }
  const side = config.loss_norm === "original" ? 46 : config.image_size / 8;
  const divisor = Math.max(1, poses.length) * side * side;
  return {
    split: dataset.splitName,
    images: poses.length,
    loss: squared / divisor,
    constantLoss: cells.squaredError() / divisor,
    scores: scorePredictions(predictions, poses, options.meanPose, config.pck_thresholds),
    predictions,
    skipped: loader.skipped.size,
  };
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
    return this.#squares - between / Math.max(1, this.#count);
  }
}
