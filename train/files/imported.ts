import { UserError } from "../../engine/index";
import { HAND } from "../../masks/index";
import type { NetworkWeights } from "../../model/exchange/index";
import { FULL_WIDTHS, type NetworkSpec } from "../../model/network/index";
import type { Checkpoint } from "./checkpoint-format";

/**
 * What weights alone tell of their experiment, with the keys of configs/*.json: architecture, limb-mask channels and
 * widths. The kind of mask (LPM here), the image size and whatever else differs from the original's are the user's to say.
 * @throws UserError for a network of something else than hands
 */
export function settingsOf(spec: NetworkSpec, name: string): Record<string, unknown> {
  const { architecture, limbChannels, keypointChannels, widths } = spec;
  if (keypointChannels !== HAND.joints.length) {
    throw new UserError(
      `${name}: its network finds ${keypointChannels} joints; expected ${HAND.joints.length}, a hand's`,
    );
  }
  const isFull = JSON.stringify(widths) === JSON.stringify(FULL_WIDTHS);
  return {
    name,
    model: architecture,
    dataset: architecture === "NSRM" ? "HandDataset_LPM" : "CMUHandDataset",
    limbc: limbChannels,
    group: limbChannels === 7 ? "G6" : "G1",
    ...(isFull ? {} : { widths }),
  };
}

/** Weights from elsewhere as a checkpoint, to evaluate, predict, or begin training with. @param config a resolved one */
export function checkpointOf(weights: NetworkWeights["parameters"], config: unknown): Checkpoint {
  return {
    adapter: "imported",
    epoch: 0,
    step: 0,
    batchInEpoch: 0,
    seed: 0,
    rng: null,
    bestScore: null,
    validationDue: false,
    config,
    parameters: new Map([...weights].map(([name, state]) => [name, { ...state, moments: null }])),
  };
}
