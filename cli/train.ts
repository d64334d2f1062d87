import { join } from "node:path";
import { UserError } from "../engine/errors";
import { loadConfig } from "../train/config";
import { train } from "../train/run/train";
import { withGpu } from "./gpu";

export interface TrainCommandOptions {
  data?: string;
  set: string[];
  out?: string;
  maxSteps?: string;
  seed?: string;
  resume?: boolean;
  skipBad?: boolean;
  json?: boolean;
  adapter?: string;
}

/** Signals that end a run after the step in progress, its checkpoint saved; conventional exit code 128 + number. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

/** @returns exit code */
export async function trainCommand(path: string, options: TrainCommandOptions): Promise<number> {
  const sets = [...options.set];
  if (options.maxSteps !== undefined) sets.push(`max_steps=${wholeNumber("--max-steps", options.maxSteps)}`);
  if (options.seed !== undefined) sets.push(`seed=${wholeNumber("--seed", options.seed)}`);
  if (options.skipBad) sets.push("skip_bad=true");
  const { config, notes } = loadConfig(path, sets);
  const out = options.out ?? join("runs", config.name);

  const stop = new AbortController();
  let code = 0;
  const listeners = Object.entries(SIGNALS).map(([signal, exitCode]) => {
    const listener = () => {
      if (stop.signal.aborted) process.exit(exitCode); // asked twice: at once
      code = exitCode;
      stop.abort();
    };
    process.on(signal, listener);
    return () => process.off(signal, listener);
  });
  try {
    const result = await withGpu(options.adapter, (gpu) =>
      train({
        gpu,
        config,
        notes,
        out,
        data: options.data,
        resume: options.resume,
        silent: options.json,
        stop: stop.signal,
      }),
    );
    if (options.json) {
      const { valid, test, ...rest } = result;
      const brief = (e: typeof valid) =>
        e && { loss: e.loss, constant_loss: e.constantLoss, images: e.images, ...e.scores };
      console.log(JSON.stringify({ ...rest, valid: brief(valid), test: brief(test) }));
    }
    return result.interrupted ? code : 0;
  } finally {
    for (const off of listeners) off();
  }
}

function wholeNumber(option: string, text: string): number {
  if (!/^\d+$/.test(text)) throw new UserError(`${option} ${text}: expected a whole number`);
  return Number(text);
}
