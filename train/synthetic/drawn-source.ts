import type { Gpu } from "../../engine/index";
import type { Config } from "../config/index";
import type { Dataset, Source, SplitName } from "../data/index";
import { SyntheticDataset } from "./dataset";

/** Synthetic hands are drawn on the GPU straight into the input tensor. */
export function syntheticSource(gpu: Gpu, config: Config): Source {
  const splits = new Map<SplitName, SyntheticDataset>();
  const { seed, poses, count_train, count_valid, count_test } = config.synthetic;
  for (const [name, size] of [
    ["train", count_train],
    ["valid", count_valid],
    ["test", count_test],
  ] as const) {
    splits.set(name, new SyntheticDataset(gpu, { splitName: name, size, seed, poses, imageSize: config.image_size }));
  }
  return {
    notes: [],
    contents: () => null,
    split: (name) => splits.get(name) as Dataset,
  };
}
