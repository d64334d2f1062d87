import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Gpu } from "../../engine/gpu";
import { sigmoid } from "../../engine/ops/index";
import type { Tensor } from "../../engine/tensor";
import { writeFileAtomic } from "../../model/files";
import type { Network } from "../../model/network";
import type { Config } from "../config";
import { Loader } from "../data/loader";
import { denormalise } from "../data/normalise";
import { batchParts } from "../feed";
import { decodeHeatmaps } from "../metrics/decode";
import { type Sample, samplePicture } from "../pictures/samples";
import type { Source } from "../source";
import { FILES } from "./outputs";

type Where = { gpu: Gpu; config: Config; out: string };

/** Draws the first validation images with what the network says of them into `samples/NAME.png`. */
export async function writeSamples({ gpu, config, out }: Where, network: Network, source: Source, name: string) {
  if (config.samples === 0) return;
  const loader = new Loader(source.split("valid"), { batchSize: 1, prefetch: 1, skipBad: config.skip_bad });
  const samples: Sample[] = [];
  try {
    for await (const batch of loader.batches(0)) {
      const [part] = batchParts(gpu, source, config, batch, 1);
      const sample = await gpu.tape.noGradAsync(() =>
        gpu.scopeAsync(async () => {
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
          const { height, width } = predicted;
          return {
            caption: batch.examples[0].name,
            image: { width: side, height: side, pixels: data },
            joints: {
              predicted: decodeHeatmaps(predicted.data, height, width, side, side).joints as [number, number][],
              true: pairs(batch.labelsMap.map((v) => v * 8)),
            },
            heatmaps: { predicted, true: heat },
            limbs: limbs && trueLimbs && { predicted: limbs, true: trueLimbs },
          };
        }),
      );
      samples.push(sample);
      if (samples.length >= config.samples) break;
    }
  } finally {
    await loader.close();
  }
  await mkdir(join(out, FILES.samples), { recursive: true });
  await writeFileAtomic(join(out, FILES.samples, `${name}.png`), [await samplePicture(samples)]);
}

async function mapsOf(t: Tensor) {
  const [, channels, height, width] = t.shape;
  return { data: await t.data(), channels, height, width };
}

const pairs = (flat: Float64Array): [number, number][] =>
  Array.from({ length: flat.length / 2 }, (_, j) => [flat[2 * j], flat[2 * j + 1]]);
