import type { Contents } from "./contents";
import type { Dataset, SplitName } from "./dataset";

/** Where hands come from. */
export interface Source {
  /** Said once in the log. */
  notes: string[];
  /** What it holds; null where the configuration tells all of it. */
  contents(): Contents | null;
  /** One part of it. */
  split(name: SplitName): Dataset;
}
