import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import type { Gpu } from "../../engine/core/gpu";
import type { NetworkSpec } from "../../model/network/network";
import type { Widths } from "../../model/network/widths";
import { type Config, resolveConfig } from "../../train/config/resolve";
import type { MicroBatch } from "../../train/step/learner-batch";

/** The narrowest network whose layers all differ. */
export const TINY: Widths = { vgg: [4, 4, 5, 6], feat: 5, stage: 5, hid: 7 };

export const tinySpec = (limbChannels = 7, architecture: NetworkSpec["architecture"] = "NSRM"): NetworkSpec => ({
  architecture,
  widths: TINY,
  limbChannels,
  keypointChannels: 21,
});

/** An experiment small enough for a test. */
export function tinyConfig(changes: Record<string, unknown> = {}): Config {
  return resolveConfig(
    {
      name: "tiny",
      dataset: "HandDataset_LPM",
      limbc: 1,
      widths: TINY,
      image_size: 32,
      init: "he",
      batch_size: 2,
      learning_rate: 1e-3,
      epochs: 2,
      samples: 1,
      loss_norm: "map",
      ...changes,
    },
    "test",
  ).config;
}

/** Settings of an experiment on ten hands that are drawn. */
export const HANDS = {
  dataset: "synthetic",
  synthetic: { count_train: 10, count_valid: 2, count_test: 2 },
  samples: 0,
};

/** And of one whose images grow. */
export const GROWING = {
  progressive: [
    { share: 0.5, image_size: 16, batch_size: 4 },
    { share: 0.25, image_size: 24 },
  ],
};

/** Repeatable numbers in [low, high). */
export const numbers = (size: number, seed: number, low = 0, high = 1): Float32Array => {
  let state = (seed * 2654435761) >>> 0;
  return Float32Array.from({ length: size }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return low + (high - low) * (state / 2 ** 32);
  });
};

/** Images [from, to) of an endless repeatable list with targets, as the learner takes them. */
export function tinyBatch(gpu: Gpu, from: number, to: number, side = 32, limbChannels = 7): MicroBatch {
  const stack = (size: number, seed: number, low: number, high: number, shape: number[]) => {
    const data = new Float32Array((to - from) * size);
    for (let n = from; n < to; n++) data.set(numbers(size, seed + n, low, high), (n - from) * size);
    return gpu.tensor(data, [to - from, ...shape]);
  };
  const map = side / 8;
  return () => ({
    input: stack(3 * side * side, 1, -2, 2, [3, side, side]),
    targets: {
      heat: stack(21 * map * map, 1000, 0, 1, [21, map, map]),
      limb: limbChannels ? stack(limbChannels * map * map, 2000, 0, 1, [limbChannels, map, map]) : null,
    },
  });
}

/**
 * A dataset folder of a few small JPEGs: a bright blob where each label's joints lie.
 * @param splits images in train, valid and test
 */
export async function writeDataset(folder: string, splits: readonly [number, number, number], side = 40) {
  mkdirSync(join(folder, "imgs"), { recursive: true });
  const labels: Record<string, number[][]> = {};
  const partitions: Record<string, string[]> = {};
  let n = 0;
  for (const [k, split] of ["train", "valid", "test"].entries()) {
    partitions[split] = [];
    for (let i = 0; i < splits[k]; i++, n++) {
      const name = `${String(n).padStart(4, "0")}.jpg`;
      const [cx, cy] = numbers(2, n + 1, 0.35 * side, 0.65 * side);
      labels[name] = Array.from({ length: 21 }, (_, j) => {
        const [angle, radius] = [0.3 * j + n, 2 + (j % 4) * 0.06 * side];
        return [cx + radius * Math.cos(angle) + 0.25, cy + radius * Math.sin(angle) + 0.25];
      });
      const pixels = new Uint8Array(3 * side * side);
      for (let p = 0; p < side * side; p++) {
        const d = Math.hypot((p % side) - cx, Math.floor(p / side) - cy) / side;
        pixels.set([250 * Math.exp(-8 * d), 200 * Math.exp(-20 * d), 40 + 3 * (n % 8)], 3 * p);
      }
      const image = sharp(pixels, { raw: { width: side, height: side, channels: 3 } });
      await image.jpeg({ quality: 90 }).toFile(join(folder, "imgs", name));
      partitions[split].push(name);
    }
  }
  writeFileSync(join(folder, "labels.json"), JSON.stringify(labels));
  writeFileSync(join(folder, "partitions.json"), JSON.stringify(partitions));
}
