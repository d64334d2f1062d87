import type { Gpu } from "../engine/gpu";
import { renderTargets } from "../masks/render";
import type { Config } from "./config";
import type { Batch } from "./data/loader";
import type { LearnerBatch } from "./learner";
import type { Targets } from "./losses";
import { splitBatch } from "./micro-batch";
import type { Source } from "./source";

/**
 * A batch as the learner takes it: parts of at most `most` images, each uploaded (or rendered) and given its target maps
 * when its turn comes.
 */
export function batchParts(
  gpu: Gpu,
  source: Source,
  config: Config,
  batch: Batch,
  most: number,
): Iterable<() => LearnerBatch> {
  const size = batch.examples.length;
  const side = config.image_size;
  return splitBatch(size, most).map(([from, to]) => () => {
    const input = gpu.empty([to - from, 3, side, side]);
    source.fill(input, batch, from, to);
    const labels = batch.labelsMap.subarray(from * 42, to * 42);
    return { input, targets: makeTargets(gpu, config, labels) };
  });
}

/** Renders the confidence maps and, for NSRM, the limb masks of some images. @param labels [n, 21, 2] in map units */
export function makeTargets(gpu: Gpu, config: Config, labels: Float64Array): Targets {
  const count = labels.length / 42;
  const side = config.image_size / 8;
  const heat = gpu.empty([count, 21, side, side]);
  const limb = config.model === "NSRM" ? gpu.empty([count, config.limbc, side, side]) : null;
  renderTargets(gpu, labels, { heat, limb }, maskOptions(config));
  return { heat, limb };
}

/** The experiment's mask settings. */
export const maskOptions = (config: Config) => ({
  kind: config.limb_mask,
  grouping: config.limbc === 7 ? ("G1_6" as const) : ("G1" as const),
  sigma: config.sigma,
  lpmEndCap: config.lpm_end_cap,
  zeroLengthLimb: config.zero_length_limb,
});
