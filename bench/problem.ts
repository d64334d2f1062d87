import type { Gpu } from "../engine/core/gpu";
import type { NetworkSpec } from "../model/network/network";
import { loadConfig } from "../train/config/load";
import type { Config } from "../train/config/resolve";
import { stream } from "../train/data/rng";
import { initialiseLearner } from "../train/run/initialise";
import { makeTargets } from "../train/step/feed";
import type { LossSettings } from "../train/step/losses";
import { createLearner, networkSpecOf } from "../train/step/setup";

/** What `bench step` and `bench sweep` run unless told otherwise: small enough for a software driver. */
export const STEP_SETS = ["width=0.125", "image_size=96", "batch_size=4", "init=he", "learning_rate=0.001"];
/** What `bench kernels` takes its layer shapes from: the full network, one image. */
export const LAYER_SETS = ["width=1", "image_size=368", "batch_size=1"];

/** One training problem with every number fixed, on the CPU, as each contender gets it. */
export interface Problem {
  config: Config;
  spec: NetworkSpec;
  settings: LossSettings;
  /** Parameter values by name, PyTorch's layout. */
  weights: Map<string, Float32Array>;
  /** [B, 3, S, S], normal with mean 0 and deviation 1 */
  input: Float32Array;
  /** [B, 21, S/8, S/8] */
  heat: Float32Array;
  /** [B, L, S/8, S/8]; null for CPM */
  limb: Float32Array | null;
}

/** @throws UserError for a bad file or setting */
export const benchConfig = (path: string, defaults: readonly string[], sets: readonly string[]): Config =>
  loadConfig(path, [...defaults, ...sets]).config;

/** Draws weights, images and labels from the configuration's seed, and renders the target maps. */
export async function makeProblem(gpu: Gpu, config: Config): Promise<Problem> {
  const { batch_size: batch, image_size: side, seed } = config;
  const random = stream(seed, "bench");
  const input = Float32Array.from({ length: batch * 3 * side * side }, () => random.normal());
  const labels = Float64Array.from({ length: batch * 42 }, () => random.uniform(0, side / 8 - 1));
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
