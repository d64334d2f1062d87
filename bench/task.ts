import type { LayerCase } from "./layers";

/** One computation of one contender, its inputs on the GPU. */
export interface Task {
  /** Runs it so many times; resolves when the GPU is done. */
  run(times: number): Promise<void>;
  /** Runs it once and reads the result back in PyTorch's layout. Called before any `run`. */
  result(): Promise<Float32Array>;
  dispose(): void;
}

/** A library whose layers are timed. */
export interface LayerContender {
  name: string;
  version: string;
  /** The computation set up, or null where the library has no equivalent that is worth comparing. */
  task(c: LayerCase): Task | null;
  close(): Promise<void>;
}
