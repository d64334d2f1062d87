import { existsSync } from "node:fs";
import { type Gpu, UserError } from "../../engine/index";
import { type Config, onFolder } from "../config/index";
import type { Dataset, Source, SplitName } from "../data/index";
import { syntheticSource } from "../synthetic/index";

export type { Source } from "../data/index";

import { openFolder } from "./folder";

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
