import type { NetworkSpec } from "../../model/network/index";
import type { Config } from "../../train/config/index";

/** One computation of a training step, sizes in full. Values are made by `pattern`, the same for every contender. */
export type LayerCase = {
  /** How many layers of the network have this shape. */
  layers: number;
  /** Multiply-adds count two; what the formula asks for, whatever a kernel does. */
  flops: number;
  /** Bytes of every input and output once: the least that must move. */
  bytes: number;
} & (ConvCase | PoolCase | MaskCase | LossCase | AdamCase);

export interface ConvCase {
  op: "conv";
  pass: "forward" | "dx" | "dw";
  name: string;
  batch: number;
  ci: number;
  co: number;
  kernel: number;
  /** Side of the square map, the same in and out. */
  size: number;
}

export interface PoolCase {
  op: "pool";
  pass: "forward" | "dx";
  name: string;
  batch: number;
  channels: number;
  size: number;
}

export interface MaskCase {
  op: "masks";
  pass: "forward";
  name: string;
  config: Config;
  /** With the limb masks, as a step draws them in one go; confidence maps alone otherwise. */
  limbs: boolean;
}

export interface LossCase {
  op: "loss";
  pass: "forward" | "dx";
  name: string;
  loss: "sumMse" | "bceProb";
  shape: readonly number[];
}

export interface AdamCase {
  op: "adam";
  pass: "update";
  name: string;
  spec: NetworkSpec;
}

/** The cases of one kind. */
export type CaseOf<Op extends LayerCase["op"]> = Extract<LayerCase, { op: Op }>;

/** One computation of one contender, its inputs on the GPU. */
export interface Task {
  /** Runs it so many times; resolves when the GPU is done. */
  run(times: number): Promise<void>;
  /** Runs it once and reads the result back in PyTorch's layout. Called before any `run`. */
  result(): Promise<Float32Array>;
  dispose(): void;
}

/** A library whose single computations are timed. */
export interface LayerContender {
  /**
   * Sets a computation up, by its kind. A kind is left out, and a case of it is null, where the library has no equivalent that
   * is worth comparing.
   */
  readonly tasks: { readonly [Op in LayerCase["op"]]?: (c: CaseOf<Op>) => Task | null };
  close(): Promise<void>;
}

/** A computation set up; null where the contender has none. */
export function taskOf({ tasks }: LayerContender, c: LayerCase): Task | null {
  const make = tasks[c.op] as ((c: LayerCase) => Task | null) | undefined;
  return make?.(c) ?? null;
}
