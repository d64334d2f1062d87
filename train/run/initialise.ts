import { initialise, UserError } from "../../engine/index";
import { findVgg19, openWeights } from "../../model/exchange/index";
import { fileSource } from "../../model/files/node";
import type { Config } from "../config/index";
import { stream } from "../data/index";
import { loadCheckpoint } from "../files/node";
import { type Learner, loadWeights } from "../step/index";

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
