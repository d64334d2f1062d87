import { existsSync } from "node:fs";
import type { Gpu } from "../../engine/core/gpu";
import { UserError } from "../../engine/device/errors";
import { type Config, onFolder } from "../config/resolve";
import type { Dataset, SplitName } from "../data/dataset";
import type { Source } from "../data/source";
import { syntheticSource } from "../synthetic/source";
import { openFolder } from "./folder";

export type { Source } from "../data/source";

/** What to open. */
export interface SourceOptions {
  gpu: Gpu;
  config: Config;
  /** A folder in the NSRM layout; overrides the configuration's data_root. */
  data?: string;
  splits?: readonly SplitName[];
}

/** Opens what the configuration trains on. @throws UserError for a folder that is absent or inconsistent */
export function openSource({ gpu, config, data, splits }: SourceOptions): Source {
  const { dataset, data_root: root } = onFolder(config, data);
  if (dataset === "synthetic") return syntheticSource(gpu, config);
  if (root === null) {
    throw new UserError(`${config.name}: no data: give a folder by --data DIR, or data_root in the configuration`);
  }
  if (data === undefined && !existsSync(root)) {
    throw new UserError(`data_root: the folder ${root} does not exist; give yours by --data DIR`);
  }
  return folderSource(config, root, splits);
}

function folderSource(config: Config, root: string, splits?: readonly SplitName[]): Source {
  const folder = openFolder({
    root,
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
