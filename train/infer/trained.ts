import { existsSync } from "node:fs";
import { type Gpu, UserError } from "../../engine/index";
import { Network } from "../../model/network/index";
import { type Config, resolveConfig } from "../config/index";
import type { Contents } from "../data/index";
import { type Checkpoint, loadCheckpoint, type ParameterState } from "../files/node";
import { wholeBeside } from "../record/node";
import { loadWeights, networkSpecOf } from "../step/index";
import type { Trained } from "./hands";

/** A checkpoint's weights and experiment, for looking rather than learning. */
export interface TrainedFile {
  path: string;
  config: Config;
  /** What it was trained on, where the configuration does not tell and the checkpoint does. */
  contents?: Contents | null;
  parameters: Map<string, ParameterState>;
}

/** @throws UserError in one line for a file that is no checkpoint of this program */
export function readTrained(path: string): TrainedFile {
  const { config, contents, parameters } = loadWhole(path);
  return { path, config: resolveConfig(config, `${path}: its configuration`).config, contents, parameters };
}

function loadWhole(path: string): Checkpoint {
  try {
    return loadCheckpoint(path, { weightsOnly: true });
  } catch (error) {
    const others = error instanceof UserError && existsSync(path) ? wholeBeside(path) : [];
    if (others.length === 0) throw error;
    throw new UserError(`${(error as Error).message}; whole, in the same folder: ${others.join(", ")}`);
  }
}

/** Puts the network on a GPU; its owner disposes of it. @throws UserError for weights that do not fit the experiment */
export function placeTrained(gpu: Gpu, { path, config, parameters }: TrainedFile): Trained {
  const network = new Network(gpu, networkSpecOf(config), { trained: false });
  try {
    loadWeights(network.parameters, parameters, path);
  } catch (error) {
    network.dispose();
    throw error;
  }
  return { network, config: { ...config, precision: "single" } };
}
