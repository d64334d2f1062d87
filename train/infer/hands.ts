import { type Gpu, sigmoid, type Tensor } from "../../engine/index";
import type { Network } from "../../model/network/index";
import { type Config, skeletonOf } from "../config/index";
import { normalise, type RgbImage, resizeBicubic, resizeNearest } from "../data/index";
import { type DecodedHand, type DecoderName, decoders, flippedHeatmaps } from "../decode/index";
import type { Maps } from "../pictures/index";
import { movePoints } from "../pose/index";
import { cropRegion, type Region } from "./region";

/** A network with the weights of a checkpoint; in single precision, whatever it was trained in. */
export interface Trained {
  network: Network;
  config: Config;
}

/** Part of an image to look at. */
export interface View {
  image: RgbImage;
  region: Region;
}

/** What the network says of a view. Points are in pixels of the whole image. */
export interface FoundHand extends DecodedHand {
  /** The view as the network saw it, S x S. */
  seen: RgbImage;
  /** Confidence maps of the view. */
  heatmaps: Maps;
  /** Limb masks of the view, after the sigmoid; null where none were asked for or the network has none. */
  limbs: Maps | null;
}

/** With what to look, and how. */
export interface FindOptions {
  gpu: Gpu;
  trained: Trained;
  decoder: DecoderName;
  /** Average over each view and its mirror image. */
  flip?: boolean;
  /** Read limb masks back too. */
  limbs?: boolean;
}

/** Runs the network over a batch of views, one hand each. */
export async function findHands(options: FindOptions, views: readonly View[]): Promise<FoundHand[]> {
  const { gpu, trained, decoder } = options;
  const { image_size: side, resize, sigma } = trained.config;
  const shrink = resize === "nearest" ? resizeNearest : resizeBicubic;
  const seen = views.map(({ image, region }) => shrink(cropRegion(image, region), side, side));
  const pixels = new Float32Array(views.length * 3 * side * side);
  for (const [n, view] of seen.entries()) normalise(view, pixels.subarray(n * 3 * side * side));
  const { heatmaps, limbs } = await gpu.inference(async () => {
    const input = gpu.tensor(pixels, [views.length, 3, side, side]);
    return runNetwork(options, input);
  });
  return views.map(({ region }, n) => {
    const { data, height: rows, width: columns } = heatmaps[n];
    const facts = { rows, columns, width: region.side, height: region.side, sigma };
    const { points, confidence } = decoders[decoder](data, facts);
    return {
      points: movePoints(points, ([x, y]) => [region.x + x, region.y + y]),
      confidence,
      seen: seen[n],
      heatmaps: heatmaps[n],
      limbs: limbs?.[n] ?? null,
    };
  });
}

async function runNetwork({ trained, flip, limbs: wanted }: FindOptions, input: Tensor) {
  const { network, config } = trained;
  // The mirror image improves the joints alone; masks come from the image itself.
  const output = flip && !wanted ? null : network.forward(input);
  const limb = wanted ? output?.limbs.at(-1) : undefined;
  const [heatmaps, limbs] = await Promise.all([
    mapsOf(flip ? flippedHeatmaps(network, skeletonOf(config), input) : output!.heatmaps.at(-1)!),
    limb ? mapsOf(sigmoid(limb)) : null,
  ]);
  return { heatmaps, limbs };
}

/** [B, C, h, w] as maps of each image. */
async function mapsOf(tensor: Tensor): Promise<Maps[]> {
  const [count, channels, height, width] = tensor.shape;
  const data = await tensor.data();
  const size = channels * height * width;
  return Array.from({ length: count }, (_, n) => {
    return { data: data.subarray(n * size, (n + 1) * size), channels, height, width };
  });
}
