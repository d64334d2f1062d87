import type { Gpu } from "../../engine/index";
import type { Config } from "../config/index";
import { Loader, type Source } from "../data/index";
import { imagesPerPass } from "../step/index";
import type { Budget } from "./budget";

/** A stretch of a run on images of one size, in batches of one size. */
export interface Phase {
  /** The experiment, with this phase's image_size and batch_size. */
  readonly config: Config;
  readonly source: Source;
  readonly loader: Loader;
  /** Images of a pass at most. */
  readonly perPass: number;
}

/** Opens what each phase of a run trains on: those of `progressive` in their order, then the experiment's own sizes. */
export function openPhases(gpu: Gpu, budget: Budget, openSource: (config: Config) => Source): Phase[] {
  return budget.stretches.map(({ config }) => {
    const source = openSource(config);
    const { seed, batch_size: batchSize, prefetch, skip_bad: skipBad } = config;
    const loader = new Loader(source.split("train"), { batchSize, seed, shuffle: true, prefetch, skipBad });
    return { config, source, loader, perPass: imagesPerPass(gpu, config) };
  });
}
