import { type Gpu, UserError } from "../../engine/index";
import { findNetwork, openWeights } from "../../model/exchange/index";
import { memorySource } from "../../model/files/index";
import { Network, networkParameters } from "../../model/network/index";
import { resolveConfig } from "../../train/config/index";
import { checkpointOf, isCheckpoint, settingsOf } from "../../train/files/index";
import { expectWeights, loadWeights, networkSpecOf } from "../../train/step/index";
import { expectModest, type UsableNetwork } from "../shell/index";
import { readCheckpoint } from "../train/index";

/**
 * A network out of a file: a checkpoint, or weights alone from PyTorch (.pth) or in safetensors, whose shapes tell what
 * network they are.
 * @throws UserError in one line for a file that is none of these, torn, or asks to run anything
 */
export async function openNetwork(gpu: Gpu, name: string, bytes: Uint8Array<ArrayBuffer>): Promise<UsableNetwork> {
  const dicts = openWeights(name, memorySource(bytes));
  const ours = dicts.some(({ metadata }) => isCheckpoint(metadata));
  const { config: settings, parameters } = ours
    ? await readCheckpoint(name, bytes, { weightsOnly: true })
    : imported(name, dicts);
  const { config } = resolveConfig(settings, `${name}: its configuration`);
  expectModest(config, name);
  const spec = networkSpecOf(config);
  // Before any memory is taken: the widths that a configuration claims need not be those of its weights.
  expectWeights(networkParameters(spec), parameters, name);
  const network = new Network(gpu, spec, { trained: false });
  loadWeights(network.parameters, parameters, name);
  return { name, network, config, imported: !ours };
}

function imported(name: string, dicts: ReturnType<typeof openWeights>) {
  const found = findNetwork(name, dicts);
  if (!found) throw new UserError(`${name}: it holds weights, but of no network of this kind`);
  const { config } = resolveConfig(settingsOf(found.spec, name), name);
  return checkpointOf(found.parameters, config);
}
