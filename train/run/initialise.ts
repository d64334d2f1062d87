import { UserError } from "../../engine/errors";
import { initialise } from "../../engine/init";
import { readSafetensors } from "../../model/safetensors";
import type { Config } from "../config";
import { loadCheckpoint } from "../files/checkpoint";
import type { Learner } from "../learner";
import { stream } from "../rng";
import { loadWeights } from "./state";

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
