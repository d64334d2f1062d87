import { extname } from "node:path";
import { UserError } from "../engine/errors/index";
import { findNetwork, findVgg19, type NetworkWeights, openWeights } from "../model/exchange/index";
import { quote } from "../model/files/index";
import { fileSource, writeSafetensors } from "../model/files/node";
import { configFrom, nameByFile } from "../train/config/node";
import { checkpointOf, isCheckpoint, settingsOf } from "../train/files/index";
import { saveCheckpoint } from "../train/files/node";
import { networkSpecOf } from "../train/step/index";
import { expectApart } from "./paths";

export interface ImportOptions {
  set: string[];
  pick?: string;
  json?: boolean;
}

/** Turns weights from elsewhere into a checkpoint, or into a backbone where they are VGG19's. */
export async function importCommand(path: string, out: string, options: ImportOptions): Promise<void> {
  expectApart("output", out, [path]);
  const dicts = openWeights(path, fileSource(path));
  if (dicts.some(({ metadata }) => isCheckpoint(metadata))) {
    throw new UserError(`${path}: a checkpoint already; eval, infer, export and train take it as it is`);
  }
  const network = findNetwork(path, dicts, options.pick);
  const summary = network ? await importNetwork(path, network, out, options.set) : await importVgg19(path, dicts, out);
  console.log(options.json ? JSON.stringify(summary.facts) : summary.lines.join("\n"));
}

interface Summary {
  lines: string[];
  facts: Record<string, unknown>;
}

async function importNetwork(path: string, network: NetworkWeights, out: string, sets: string[]): Promise<Summary> {
  const { spec, where, parameters } = network;
  const name = nameByFile(path, extname(path));
  const { config } = configFrom(settingsOf(spec, name), path, sets);
  if (JSON.stringify(networkSpecOf(config)) !== JSON.stringify(spec)) {
    throw new UserError(`--set: its weights are of another network: ${describe(spec)}`);
  }
  await saveCheckpoint(out, checkpointOf(parameters, config));
  const count = countOf(parameters);
  const facts = { kind: "network", ...spec, where, parameters: count, out };
  const mask =
    spec.architecture === "NSRM" ? `, ${config.limb_mask} masks assumed (--set dataset=HandDataset_LDM)` : "";
  return {
    facts,
    lines: [
      `${path}${where ? ` (${where})` : ""}: ${describe(spec)}, ${count.toLocaleString("en")} parameters`,
      `${out}: a checkpoint for eval, infer, export and train --set init=${out}`,
      `image size ${config.image_size}${mask}; --set says otherwise`,
    ],
  };
}

async function importVgg19(path: string, dicts: Parameters<typeof findVgg19>[1], out: string): Promise<Summary> {
  const weights = findVgg19(path, dicts);
  if (!weights) {
    const names = dicts
      .flatMap((dict) => [...dict.names])
      .slice(0, 3)
      .map(quote);
    const held = names.length > 0 ? `its tensors are called ${names.join(", ")}, ...` : "it holds no named tensors";
    throw new UserError(`${path}: neither a network of this program nor torchvision's VGG19: ${held}`);
  }
  await writeSafetensors(
    out,
    [...weights].map(([name, { shape, value }]) => ({ name, shape, data: value })),
  );
  const count = countOf(weights);
  return {
    facts: { kind: "vgg19", parameters: count, out },
    lines: [
      `${path}: torchvision's VGG19, ${count.toLocaleString("en")} parameters of its first ${weights.size / 2} convolutions`,
      `${out}: a backbone for train --set backbone=${out}`,
    ],
  };
}

function describe({ architecture, limbChannels, widths }: NetworkWeights["spec"]): string {
  const limbs = architecture === "NSRM" ? ` with ${limbChannels} limb-mask channel${limbChannels > 1 ? "s" : ""}` : "";
  const { vgg, feat, stage, hid } = widths;
  return `${architecture}${limbs}, widths vgg ${vgg.join(" ")}, feat ${feat}, stage ${stage}, hid ${hid}`;
}

const countOf = (weights: NetworkWeights["parameters"]): number =>
  [...weights.values()].reduce((sum, { value }) => sum + value.length, 0);
