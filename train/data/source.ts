import type { Tensor } from "../../engine/tensor";
import type { Contents } from "./contents";
import type { Dataset, SplitName } from "./dataset";
import type { Batch } from "./loader";

/** Where hands come from, and how their images get into an input tensor. */
export interface Source {
  /** Said once in the log. */
  notes: string[];
  /** What it holds; null where the configuration tells all of it. */
  contents(): Contents | null;
  /** One part of it. */
  split(name: SplitName): Dataset;
  /** Puts images [from, to) of a batch into `input` [to - from, 3, S, S]. */
  fill(input: Tensor, batch: Batch, from: number, to: number): void;
}
