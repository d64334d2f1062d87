import { initialise } from "../../engine/core/init";
import { UserError } from "../../engine/device/errors";
import { findVgg19 } from "../../model/exchange/recognise";
import { openWeights } from "../../model/exchange/weights";
import { fileSource } from "../../model/files/file-source";
import type { Config } from "../config/resolve";
import { stream } from "../data/rng";
import { loadCheckpoint } from "../files/checkpoint";
import type { Learner } from "../step/learner";
import { loadWeights } from "../step/state";

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
  const vgg = findVgg19(path, openWeights(path, fileSource(path)));
  if (!vgg) throw new UserError(`${path}: it has no tensor "features.0.weight"; expected torchvision's VGG19`);
  for (const [theirs, { shape, value }] of vgg) {
    const name = theirs.replace("features.", "vgg19.backbone.");
    const wanted = parameters.get(name).shape;
    if (shape.join() !== wanted.join()) {
      throw new UserError(`${path}: "${theirs}" is [${shape.join(", ")}]; expected [${wanted.join(", ")}]`);
    }
    parameters.load(name, value);
  }
}
