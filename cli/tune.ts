import { choicesOf, type Tuned, tune } from "../bench/variants/index";
import { UserError } from "../engine/errors/index";
import type { ConvPass, DwPass } from "../engine/ops/conv/index";
import { loadConfig } from "../train/config/node";
import { saveTuning } from "../train/files/node";
import { wholeNumberFrom } from "./arguments";
import { experimentFile } from "./experiment-file";
import { withGpu } from "./gpu";

export interface TuneCommandOptions {
  set: string[];
  layers: string;
  rounds: string;
  json?: boolean;
  adapter?: string;
}

/** `nsrm tune`: measures the convolution kernels for a configuration's shapes and keeps the best for later runs. */
export async function tuneCommand(path: string, options: TuneCommandOptions): Promise<void> {
  const { config } = loadConfig(experimentFile(path), options.set);
  const rounds = wholeNumberFrom("--rounds", options.rounds, 1);
  await withGpu(options.adapter, async (gpu) => {
    const note = (line: string) => process.stderr.write(`${line}\n`);
    const tuned = await tune({ gpu, config, layers: options.layers, rounds, note });
    if (tuned.length === 0) {
      throw new UserError(`--layers ${options.layers}: no convolution of ${config.name} at this width has that name`);
    }
    const file = await saveTuning(gpu, choicesOf(tuned));
    if (options.json) console.log(JSON.stringify({ file, adapter: gpu.adapter.name, tuned }));
    else console.log([...tuned.map(line), `kept in ${file}`].join("\n"));
  });
}

function line({ name, pass, choice, cost, ms, heuristicMs, wrong }: Tuned): string {
  const gain = ms < heuristicMs ? `${(heuristicMs / ms).toFixed(2)} times the heuristic's speed` : "as the heuristic";
  const less = cost
    ? `, ${(100 * cost.products).toFixed(0)}% of the multiply-adds in ${(cost.workspace / 2 ** 20).toFixed(1)} MiB of workspace`
    : "";
  const left = wrong ? `; ${wrong} candidates computed something else` : "";
  return `${`${name} ${pass}`.padEnd(32)}${ms.toFixed(2).padStart(9)} ms  ${describe(choice)}${less}, ${gain}${left}`;
}

function describe({ family, ...rest }: ConvPass | DwPass): string {
  const parameters = Object.entries(rest).map(
    ([name, value]) => `${name} ${typeof value === "object" ? describe(value) : value}`,
  );
  return [family, ...parameters].join(" ");
}
