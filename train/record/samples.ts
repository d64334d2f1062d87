import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Gpu, sigmoid, type Tensor } from "../../engine/index";
import { ensureFolder, writeFileAtomic } from "../../model/files/node";
import type { Network } from "../../model/network/index";
import { type Config, skeletonOf } from "../config/index";
import { denormalise, Loader } from "../data/index";
import { decoders } from "../decode/index";
import { masksSheet, type Sample, samplePicture } from "../pictures/node";
import { cellsOf, fromMapUnits } from "../pose/index";
import type { Source } from "../source/node";
import { microBatches, renderAllMaps } from "../step/index";
import { FILES } from "./outputs";

type Where = { gpu: Gpu; config: Config; out: string; stop?: AbortSignal };

/** Draws the first validation images with what the network says of them into `samples/NAME.png`. */
export async function writeSamples({ gpu, config, out, stop }: Where, network: Network, source: Source, name: string) {
  if (config.samples === 0) return;
  const loader = new Loader(source.split("valid"), { batchSize: 1, prefetch: 1, skipBad: config.skip_bad });
  const skeleton = skeletonOf(config);
  const samples: Sample[] = [];
  try {
    for await (const batch of loader.batches(0)) {
      stop?.throwIfAborted();
      const [part] = microBatches(gpu, source, config, batch, 1);
      const sample = await gpu.inference(async () => {
        const { input, targets } = part();
        const output = network.forward(input);
        const limb = output.limbs.at(-1);
        const [image, predicted, heat, limbs, trueLimbs] = await Promise.all([
          input.data(),
          mapsOf(output.heatmaps.at(-1)!),
          mapsOf(targets.heat),
          limb ? mapsOf(sigmoid(limb)) : null,
          targets.limb ? mapsOf(targets.limb) : null,
        ]);
        const side = config.image_size;
        const { data } = denormalise(image, side, side);
        const { height: rows, width: columns } = predicted;
        const { points } = decoders[config.decoder](predicted.data, {
          ...{ rows, columns, width: side, height: side },
          sigma: config.sigma,
        });
        return {
          skeleton,
          caption: batch.examples[0].name,
          image: { width: side, height: side, pixels: data },
          points: { predicted: points, true: fromMapUnits(batch.mapPoints) },
          heatmaps: { predicted, true: heat },
          limbs: limbs && trueLimbs && { predicted: limbs, true: trueLimbs },
        };
      });
      samples.push(sample);
      if (samples.length >= config.samples) break;
    }
  } finally {
    await loader.close();
  }
  await ensureFolder(join(out, FILES.samples));
  await writeFileAtomic(join(out, FILES.samples, `${name}.png`), [await samplePicture(samples)]);
}

/** Draws the target maps of the first good training image into `samples/masks.png`, once a run. */
export async function writeMasks({ gpu, config, out }: Where, source: Source): Promise<void> {
  const path = join(out, FILES.samples, FILES.masks);
  if (config.samples === 0 || existsSync(path)) return;
  const dataset = source.split("train");
  const loader = new Loader(dataset, { batchSize: 1, prefetch: 1, skipBad: config.skip_bad });
  try {
    for await (const { indices } of loader.batches(0)) {
      const side = config.image_size;
      const { name, input, mapPoints } = await dataset.load(indices[0]);
      const maps = await renderAllMaps(gpu, dataset.skeleton, mapPoints, cellsOf(side));
      const image = { width: side, height: side, pixels: denormalise(input, side, side).data };
      const points = fromMapUnits(mapPoints);
      await ensureFolder(join(out, FILES.samples));
      await writeFileAtomic(path, [await masksSheet({ skeleton: dataset.skeleton, name, image, points, ...maps })]);
      return;
    }
  } finally {
    await loader.close();
  }
}

async function mapsOf(t: Tensor) {
  const [, channels, height, width] = t.shape;
  return { data: await t.data(), channels, height, width };
}
