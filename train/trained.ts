import type { Gpu } from "../engine/gpu";
import { Network } from "../model/network";
import { type Config, resolveConfig } from "./config";
import { loadCheckpoint } from "./files/checkpoint";
import { networkSpecOf } from "./run/setup";
import { loadWeights } from "./run/state";

/** A network with the weights of a checkpoint, for looking rather than learning. */
export interface Trained {
  network: Network;
  config: Config;
}

/** Loads a checkpoint's network; its owner disposes of it. @throws UserError in one line for a file that is none */
export function loadTrained(gpu: Gpu, path: string): Trained {
  const checkpoint = loadCheckpoint(path, { weightsOnly: true });
  const { config } = resolveConfig(checkpoint.config, `${path}: its configuration`);
  const network = new Network(gpu, networkSpecOf(config));
  try {
    loadWeights(network.parameters, checkpoint.parameters, path);
  } catch (error) {
    network.dispose();
    throw error;
  }
  return { network, config };
}
