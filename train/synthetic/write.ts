import sharp from "sharp";
import type { Gpu } from "../../engine/index";
import { SPLITS } from "../data/index";
import { makeFolder, NsrmFolder, openCounter } from "../files/node";
import { SyntheticDataset } from "./dataset";
import { RGB } from "./renderer";
import type { PoseRangeName } from "./sampler";

export interface WriteOptions {
  readonly gpu: Gpu;
  readonly target: string;
  /** Images of train, valid and test. */
  readonly counts: readonly [number, number, number];
  /** The images' side in pixels. */
  readonly size: number;
  readonly seed: number;
  readonly poses: PoseRangeName;
  readonly silent?: boolean;
  readonly stop?: AbortSignal;
}

/** What is drawn and read back at a time. */
const BATCH_BYTES = 32 * 2 ** 20;

/**
 * Writes synthetic hands as a dataset folder in the NSRM layout, whole or not at all: the images that training on the
 * fly would draw for the same seed, as PNG files, rounded to 8 bits. The same arguments make the same bytes on one adapter.
 * @throws UserError for a target that has something in it, a full disk, missing permission
 */
export async function writeSynthetic(options: WriteOptions): Promise<void> {
  const { gpu, target, counts, size, seed, poses, stop } = options;
  const total = counts.reduce((a, b) => a + b, 0);
  const counter = openCounter({ total, what: "hands", silent: options.silent });
  const batch = Math.max(1, Math.floor(BATCH_BYTES / (12 * size * size)));
  const names: string[] = [];
  try {
    await makeFolder(target, async (root) => {
      const folder = await NsrmFolder.create(root);
      for (const [s, splitName] of SPLITS.entries()) {
        const dataset = new SyntheticDataset(gpu, { seed, splitName, size: counts[s], imageSize: size, poses });
        for (let first = 0; first < counts[s]; first += batch) {
          const indices = Array.from({ length: Math.min(batch, counts[s] - first) }, (_, i) => first + i);
          const images = await draw(dataset, indices);
          const writing = indices.map(async (n, i) => {
            const { points, visible, tightBox } = await dataset.pose(n);
            const name = `${splitName}_${String(n).padStart(6, "0")}.png`;
            await folder.add(
              { name, split: splitName, points, visible: visible!, tightBox: tightBox! },
              await png(images.subarray(i * 3 * size * size, (i + 1) * 3 * size * size), size),
            );
            names.push(name);
            counter.update(names.length);
            stop?.throwIfAborted();
          });
          // All of them, before a failure removes the folder under their feet.
          await Promise.allSettled(writing);
          await Promise.all(writing);
        }
      }
      await folder.finish(names.sort((a, b) => order(a) - order(b) || (a < b ? -1 : 1)));
    });
  } finally {
    counter.stop();
  }
}

const order = (name: string): number => SPLITS.findIndex((split) => name.startsWith(split));

/** [N, 3, S, S], 0 to 255. */
async function draw(dataset: SyntheticDataset, indices: readonly number[]): Promise<Float32Array> {
  const { gpu, imageSize } = dataset;
  return gpu.scopeAsync(async () => {
    const images = gpu.empty([indices.length, 3, imageSize, imageSize]);
    dataset.renderInto(images, indices, RGB);
    return images.data();
  });
}

function png(planes: Float32Array, size: number): Promise<Buffer> {
  const plane = size * size;
  const rgb = new Uint8Array(3 * plane);
  for (let i = 0; i < plane; i++) {
    for (let c = 0; c < 3; c++) rgb[3 * i + c] = Math.round(planes[c * plane + i]);
  }
  return sharp(rgb, { raw: { width: size, height: size, channels: 3 } })
    .png()
    .toBuffer();
}
