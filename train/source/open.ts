import { existsSync } from "node:fs";
import { type Gpu, UserError } from "../../engine/index";
import { type Config, onFolder, skeletonOf } from "../config/index";
import type { Dataset, Source, SplitName } from "../data/index";
import { syntheticSource } from "../synthetic/index";
import { openFolder } from "./folder";

export type { Source } from "../data/index";

/** What to open. */
export interface SourceOptions {
  gpu: Gpu;
  /** Its data_root is the folder. */
  config: Config;
  splits?: readonly SplitName[];
}

/**
 * The experiment with the folder of its hands settled: what `--data` gives, else its own data_root.
 * @throws UserError where it has none, or one that is not there
 */
export function withFolder(config: Config, data: string | undefined): Config {
  const settled = onFolder(config, data);
  const { dataset, data_root: root } = settled;
  if (data === undefined && dataset !== "synthetic" && !existsSync(folderOf(config))) {
    throw new UserError(`data_root: the folder ${root} does not exist; give yours by --data DIR`);
  }
  return settled;
}

/** Opens what the configuration trains on. @throws UserError for a folder that is absent or inconsistent */
export function openSource({ gpu, config, splits }: SourceOptions): Source {
  return config.dataset === "synthetic" ? syntheticSource(gpu, config) : folderSource(config, folderOf(config), splits);
}

function folderOf({ name, data_root: root }: Config): string {
  if (root === null) {
    throw new UserError(`${name}: no data: give a folder by --data DIR, or data_root in the configuration`);
  }
  return root;
}

function folderSource(config: Config, root: string, splits?: readonly SplitName[]): Source {
  const folder = openFolder({
    root,
    skeleton: skeletonOf(config),
    imageSize: config.image_size,
    resize: config.resize,
    integerLabels: config.integer_labels,
    skipBad: config.skip_bad,
    cacheBytes: config.cache_mb * 2 ** 20,
    splits,
  });
  return {
    notes: folder.notes,
    contents: folder.contents,
    split: (name) => folder.splits.get(name) as Dataset,
  };
}
