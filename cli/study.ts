import { UserError } from "../engine/errors/index";
import { loadConfig } from "../train/config/node";
import { EXPERIMENTS, study } from "../train/run/node";
import { wholeNumberFrom } from "./arguments";
import { experimentFile } from "./experiment-file";
import { withTunedGpu } from "./gpu";
import { withSignals } from "./signals";

export interface StudyCommandOptions {
  config: string;
  data?: string;
  set: string[];
  steps: string;
  seeds: string;
  only: string[];
  out: string;
  adapter?: string;
}

/** @returns exit code */
export async function studyCommand(options: StudyCommandOptions): Promise<number> {
  const sets = ["minutes=null", `max_steps=${wholeNumberFrom("--steps", options.steps, 1)}`, ...options.set];
  const { config } = loadConfig(experimentFile(options.config), sets);
  const seeds = wholeNumberFrom("--seeds", options.seeds, 1);
  for (const name of options.only) {
    if (!Object.hasOwn(EXPERIMENTS, name)) {
      throw new UserError(`--only ${name}: expected one of ${Object.keys(EXPERIMENTS).join(", ")}`);
    }
  }
  const only = options.only.length ? options.only : undefined;
  const print = (line: string) => console.log(line);
  const { result, code } = await withSignals((stop) =>
    withTunedGpu(options.adapter, (gpu) =>
      study({ gpu, base: config, data: options.data, out: options.out, seeds, only, print, stop }),
    ),
  );
  if (result === null) {
    console.log(`stopped; the same command goes on from here`);
    return code;
  }
  console.log(`\n${result}\n${options.out}/study.md`);
  return 0;
}
