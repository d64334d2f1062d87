import { parseShares, splitSizes } from "../train/source/node";
import { POSE_RANGES, type PoseRangeName } from "../train/synthetic/index";
import { writeSynthetic } from "../train/synthetic/node";
import { oneOf, wholeNumberFrom } from "./arguments";
import { withGpu } from "./gpu";
import { stoppable } from "./stoppable";

export interface SynthCommandOptions {
  count: string;
  size: string;
  seed: string;
  split: string;
  poses: string;
  json?: boolean;
  adapter?: string;
}

/** @returns exit code */
export async function synthCommand(target: string, options: SynthCommandOptions): Promise<number> {
  const count = wholeNumberFrom("--count", options.count, 1, 1_000_000);
  const request = {
    target,
    counts: splitSizes(count, parseShares(options.split)),
    size: wholeNumberFrom("--size", options.size, 16, 2048),
    seed: wholeNumberFrom("--seed", options.seed, 0, 2 ** 32 - 1),
    poses: oneOf("--poses", options.poses, Object.keys(POSE_RANGES)) as PoseRangeName,
    silent: options.json,
  };
  return stoppable((stop) =>
    withGpu(options.adapter, async (gpu) => {
      await writeSynthetic({ ...request, gpu, stop });
      const [train, valid, test] = request.counts;
      const line = `${target}: ${count} hands (train ${train}, valid ${valid}, test ${test}), drawn on ${gpu.adapter.name}`;
      console.log(options.json ? JSON.stringify({ target, train, valid, test, adapter: gpu.adapter.name }) : line);
    }),
  );
}
