import type { Gpu, Tensor } from "../../engine/index";
import { groupsOf, type LimbOptions, renderMaskSet, renderTargets, type Skeleton } from "../../masks/index";
import { type Config, groupingOf, skeletonOf } from "../config/index";
import { type AugmentedBatch, augmentImages } from "../data/augment/index";
import type { Source } from "../data/index";
import type { Maps } from "../pictures/index";
import { cellsOf, type Points } from "../pose/index";
import type { MicroBatch } from "./learner-batch";
import type { Targets } from "./losses";
import { splitBatch } from "./micro-batch";

/**
 * A batch as the learner takes it: micro-batches of at most `most` images, each uploaded (or rendered) and given its target maps
 * when its turn comes.
 */
export function microBatches(
  gpu: Gpu,
  source: Source,
  config: Config,
  batch: AugmentedBatch,
  most: number,
): Iterable<MicroBatch> {
  const size = batch.examples.length;
  const side = config.image_size;
  return splitBatch(size, most).map(([from, to]) => () => {
    const input = fillInput(gpu, source, batch, [from, to], side);
    const coordinates = batch.mapPoints.length / size;
    const labels = batch.mapPoints.subarray(from * coordinates, to * coordinates);
    return { input, targets: makeTargets(gpu, config, labels) };
  });
}

/** Images [from, to) of a batch as the network sees them, augmented where the batch asks for it: [to - from, 3, S, S]. */
function fillInput(gpu: Gpu, source: Source, batch: AugmentedBatch, range: [number, number], side: number): Tensor {
  const [from, to] = range;
  const images = gpu.empty([to - from, 3, side, side]);
  const dataset = source.split(batch.splitName);
  if (dataset.renderInto) dataset.renderInto(images, batch.indices.slice(from, to));
  else gpu.write(images, batch.input.subarray(from * 3 * side ** 2, to * 3 * side ** 2));
  if (!batch.changes) return images;
  const augmented = gpu.empty(images.shape);
  augmentImages(gpu, images, augmented, batch.changes.slice(from, to));
  images.dispose();
  return augmented;
}

/** Renders the confidence maps and, for NSRM, the limb masks of some images. @param labels [n, J, 2] in map units */
export function makeTargets(gpu: Gpu, config: Config, labels: Float64Array): Targets {
  const skeleton = skeletonOf(config);
  const joints = skeleton.joints.length;
  const count = labels.length / (2 * joints);
  const side = cellsOf(config.image_size);
  const heat = gpu.empty([count, joints, side, side]);
  const limb = config.model === "NSRM" ? gpu.empty([count, config.limbc, side, side]) : null;
  renderTargets(gpu, skeleton, labels, { heat, limb }, limbOptions(config));
  return { heat, limb };
}

/** The experiment's mask settings. */
const limbOptions = (config: Config): LimbOptions => ({
  kind: config.limb_mask,
  grouping: groupingOf(config),
  sigma: config.sigma,
  lpmEndCap: config.lpm_end_cap,
  zeroLengthLimb: config.zero_length_limb,
});

/**
 * Confidence maps, LDM and LPM of one hand, read back for pictures: both with the channels that pictures show, G1&6's seven.
 * @param points [J, 2] in map units @param side of the maps in cells
 */
export async function renderAllMaps(
  gpu: Gpu,
  skeleton: Skeleton,
  points: Points,
  side: number,
): Promise<Record<"heatmaps" | "ldm" | "lpm", Maps>> {
  const set = await renderMaskSet(gpu, { skeleton, labels: points, size: { height: side, width: side } });
  const limbs = groupsOf(skeleton, skeleton.pictured).length;
  const maps = (data: Float32Array, channels: number): Maps => ({ data, channels, height: side, width: side });
  return {
    heatmaps: maps(set.heat, skeleton.joints.length),
    ldm: maps(set.ldm_g7, limbs),
    lpm: maps(set.lpm_g7, limbs),
  };
}
