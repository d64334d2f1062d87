import { type Gpu, sigmoid, type Tensor } from "../../engine/index";
import type { Skeleton } from "../../masks/index";
import { skeletonOf } from "../../train/config/index";
import { normalise, type RgbImage, resizeBicubic, resizeNearest } from "../../train/data/index";
import { type DecodedHand, decoders } from "../../train/decode/index";
import { cropRegion, type Region } from "../../train/infer/index";
import type { Maps } from "../../train/pictures/index";
import { movePoints } from "../../train/pose/index";
import type { UsableNetwork } from "../shell/index";

/** What the network says of a part of an image. Points are in pixels of the whole image. */
export interface Prediction extends DecodedHand {
  /** Whose joints they are. */
  skeleton: Skeleton;
  /** Limb masks after the sigmoid, and confidence maps, of each stage. */
  limbs: Maps[];
  heatmaps: Maps[];
  /** From the image to its maps, and for all of it, in milliseconds. */
  networkMs: number;
  ms: number;
}

/** Runs the network on a square of an image. */
export function predict(
  gpu: Gpu,
  { network, config }: UsableNetwork,
  image: RgbImage,
  region: Region,
): Promise<Prediction> {
  const begun = performance.now();
  const { image_size: side, resize, sigma } = config;
  const shrink = resize === "nearest" ? resizeNearest : resizeBicubic;
  const seen = shrink(cropRegion(image, region), side, side);
  const pixels = normalise(seen, new Float32Array(3 * side * side));
  return gpu.inference(async () => {
    const uploaded = performance.now();
    const output = network.forward(gpu.tensor(pixels, [1, 3, side, side]));
    const read = (maps: readonly Tensor[]) => Promise.all(maps.map(mapsOf));
    const [limbs, heatmaps] = await Promise.all([read(output.limbs.map(sigmoid)), read(output.heatmaps)]);
    const networkMs = performance.now() - uploaded;
    const { data, height: rows, width: columns } = heatmaps[heatmaps.length - 1];
    const { points, confidence } = decoders.taylor(data, {
      rows,
      columns,
      width: region.side,
      height: region.side,
      sigma,
    });
    const placed = movePoints(points, ([x, y]) => [region.x + x, region.y + y]);
    return {
      skeleton: skeletonOf(config),
      points: placed,
      confidence,
      limbs,
      heatmaps,
      networkMs,
      ms: performance.now() - begun,
    };
  });
}

async function mapsOf(tensor: Tensor): Promise<Maps> {
  const [, channels, height, width] = tensor.shape;
  return { data: await tensor.data(), channels, height, width };
}
