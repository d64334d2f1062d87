import { join } from "node:path";
import { GpuError } from "../engine/errors/index";
import { loadConfig } from "../train/config/node";
import { useTuning } from "../train/files/node";
import { FILES, holdsRun } from "../train/record/node";
import { train } from "../train/run/node";
import { wholeNumberFrom } from "./arguments";
import { experimentFile } from "./experiment-file";
import { withGpu } from "./gpu";
import { expectApart } from "./paths";
import { withSignals } from "./signals";

export interface TrainCommandOptions {
  data?: string;
  set: string[];
  out?: string;
  maxSteps?: string;
  seed?: string;
  resume?: boolean;
  otherData?: boolean;
  skipBad?: boolean;
  json?: boolean;
  adapter?: string;
}

/** @returns exit code */
export async function trainCommand(path: string, options: TrainCommandOptions): Promise<number> {
  const sets = [...options.set];
  if (options.maxSteps !== undefined) sets.push(`max_steps=${wholeNumberFrom("--max-steps", options.maxSteps, 0)}`);
  if (options.seed !== undefined) sets.push(`seed=${wholeNumberFrom("--seed", options.seed, 0)}`);
  if (options.skipBad) sets.push("skip_bad=true");
  const file = experimentFile(path);
  const { config, notes } = loadConfig(file, sets);
  const out = options.out ?? join("runs", config.name);
  // A run that is resumed may be asked for by what it has recorded itself.
  if (!options.resume) expectApart("--out: the run's", join(out, FILES.config), [file]);

  const { result, code } = await withSignals((stop) =>
    withGpu(options.adapter, (gpu) => {
      const tuning = useTuning(gpu);
      const all = tuning ? [...notes, tuning] : notes;
      const { data, resume, otherData, json: silent } = options;
      return train({ gpu, config, notes: all, out, data, resume, otherData, silent, stop }).catch((error) => {
        if (stop.aborted && error === stop.reason) return null;
        throw withWayOn(error, out);
      });
    }),
  );
  if (!result) {
    console.error("nsrm: stopped before the first step; nothing was written");
    return code;
  }
  if (options.json) {
    const { valid, test, ...rest } = result;
    const brief = (e: typeof valid) =>
      e && { loss: e.loss, constant_loss: e.constantLoss, images: e.images, ...e.scores };
    console.log(JSON.stringify({ ...rest, valid: brief(valid), test: brief(test) }));
  }
  return result.interrupted ? code : 0;
}

/** An error of the GPU, say a device that was lost, with how to go on where there is something to go on from. */
export function withWayOn(error: unknown, out: string): unknown {
  if (!(error instanceof GpuError) || !holdsRun(out)) return error;
  return new GpuError(`${error.message} (--resume goes on from the last checkpoint)`, { cause: error });
}
