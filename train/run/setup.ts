import { UserError } from "../../engine/errors";
import type { Gpu } from "../../engine/gpu";
import { initialise } from "../../model/init";
import { type NetworkSpec, networkParameters } from "../../model/network";
import { readSafetensors } from "../../model/safetensors";
import { scaleWidths, type Widths } from "../../model/widths";
import type { Config } from "../config";
import { loadCheckpoint } from "../files/checkpoint";
import { Learner } from "../learner";
import { imagesThatFit } from "../micro-batch";
import { stream } from "../rng";
import { loadWeights } from "./state";

export const widthsOf = (config: Config): Widths => scaleWidths(config.width, config.widths as Partial<Widths>);

export const networkSpecOf = (config: Config): NetworkSpec => ({
  architecture: config.model,
  widths: widthsOf(config),
  limbChannels: config.limbc,
});

/**
 * The experiment's network and optimizer, not yet initialised.
 * @throws UserError for `freeze` prefixes that fit no parameter, or all
 */
export function createLearner(gpu: Gpu, config: Config): Learner {
  const spec = networkSpecOf(config);
  checkFreeze(
    config,
    networkParameters(spec).map(({ name }) => name),
  );
  const [beta1, beta2] = config.adam_betas;
  const learner = new Learner(gpu, spec, {
    beta1,
    beta2,
    eps: config.adam_eps,
    weightDecay: config.adam_weight_decay,
    clipNorm: config.clip_grad_norm,
    replay: config.replay,
    checkpointSegments: config.checkpoint_segments,
  });
  learner.network.parameters.freeze(config.freeze);
  return learner;
}

function checkFreeze({ freeze }: Config, names: readonly string[]): void {
  for (const prefix of freeze) {
    if (names.some((name) => name.startsWith(prefix))) continue;
    throw new UserError(`freeze: no parameter's name starts with "${prefix}"; they are called ${names[0]}, ...`);
  }
  if (names.every((name) => freeze.some((prefix) => name.startsWith(prefix)))) {
    throw new UserError("freeze: every parameter is frozen, nothing is left to train");
  }
}

/**
 * First values: PyTorch's or He's scheme from the seed, or another checkpoint's weights; then, where asked for, ImageNet's
 * VGG19 in the backbone.
 * @throws UserError for a checkpoint or backbone that does not fit
 */
export function initialiseLearner(learner: Learner, config: Config): void {
  const { parameters } = learner.network;
  if (config.init === "torch" || config.init === "he") {
    initialise(parameters, config.init, stream(config.seed, "init"));
  } else {
    loadWeights(parameters, loadCheckpoint(config.init, { weightsOnly: true }).parameters, config.init);
  }
  if (config.backbone !== null) loadBackbone(learner, config.backbone);
}

/** torchvision names VGG19's convolutions `features.N`; the original's `vgg19.backbone.N` has the same N. */
function loadBackbone(learner: Learner, path: string): void {
  const { parameters } = learner.network;
  const file = readSafetensors(path);
  for (const name of parameters.names.filter((n) => n.startsWith("vgg19.backbone."))) {
    const theirs = name.replace("vgg19.backbone.", "features.");
    if (!file.has(theirs)) throw new UserError(`${path}: it has no tensor "${theirs}"; expected torchvision's VGG19`);
    const [got, wanted] = [file.shape(theirs), parameters.get(name).shape];
    if (got.join() !== wanted.join()) {
      throw new UserError(`${path}: "${theirs}" is [${got.join(", ")}]; expected [${wanted.join(", ")}]`);
    }
    parameters.load(name, file.f32(theirs));
  }
}

/** Images of one pass: what the adapter's limits allow, or the configuration's micro_batch where that is less. */
export function imagesPerPass(gpu: Gpu, config: Config): number {
  const maxBinding = gpu.limits.maxStorageBufferBindingSize;
  const fit = imagesThatFit({ widths: widthsOf(config), imageSize: config.image_size, maxBinding });
  return Math.min(fit, config.batch_size, config.micro_batch ?? Number.POSITIVE_INFINITY);
}
