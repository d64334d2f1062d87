import type { Gpu } from "../../engine/index";
import { type Config, skeletonOf } from "../../train/config/index";
import { stream } from "../../train/data/index";
import { cellsOf } from "../../train/pose/index";
import { initialiseLearner } from "../../train/run/node";
import { createLearner, type LossSettings, makeTargets, networkSpecOf } from "../../train/step/index";
import type { Problem } from "../contract/index";

/** What `bench step` and `bench sweep` run unless told otherwise: small enough for a software driver. */
export const STEP_SETS = ["width=0.125", "image_size=96", "batch_size=4", "init=he", "learning_rate=0.001"];
/** Draws weights, images and labels from the configuration's seed, and renders the target maps. */
export async function makeProblem(gpu: Gpu, config: Config): Promise<Problem> {
  const { batch_size: batch, image_size: side, seed } = config;
  const random = stream(seed, "bench");
  const input = Float32Array.from({ length: batch * 3 * side * side }, () => random.normal());
  const coordinates = 2 * skeletonOf(config).joints.length;
  const labels = Float64Array.from({ length: batch * coordinates }, () => random.uniform(0, cellsOf(side) - 1));
  const learner = createLearner(gpu, config);
  initialiseLearner(learner, config);
  const { parameters } = learner.network;
  const weights = await parameters.readArena(parameters.values);
  const targets = await gpu.scopeAsync(async () => {
    const { heat, limb } = makeTargets(gpu, config, labels);
    return { heat: await heat.data(), limb: limb && (await limb.data()) };
  });
  learner.dispose();
  const settings: LossSettings = {
    batch,
    limbWeight: config.weight,
    partWeight: config.weight_g61,
    norm: config.loss_norm,
  };
  return { config, spec: networkSpecOf(config), settings, weights, input, ...targets };
}
