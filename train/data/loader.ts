import { UserError } from "../../engine/index";
import { type Points, toMapUnits } from "../pose/index";
import type { Dataset, Example, SplitName } from "./dataset";
import { stream } from "./rng";

export interface LoaderOptions {
  batchSize: number;
  /** Epoch e's order is a function of (seed, e) alone. Without `shuffle` it is the dataset's own. */
  seed?: number;
  shuffle?: boolean;
  /** Batches that are made ready ahead of the one being used. */
  prefetch?: number;
  /** Examples in the making at any time. */
  concurrency?: number;
  /** Leave out examples that fail with a UserError (counted in `skipped`), instead of throwing. */
  skipBad?: boolean;
}

/** N <= batchSize examples: the last batch of an epoch, and one with bad images, is smaller. */
export interface Batch {
  splitName: SplitName;
  epoch: number;
  /** Position in the epoch, from 0, also counting batches of which nothing was left. */
  index: number;
  /** [N] where each example stands in the dataset. */
  indices: number[];
  /** [N, 3, S, S]; every example's `input` is its part of it. Empty where the dataset draws on the GPU. */
  input: Float32Array;
  /** [N, J, 2] in map units. */
  mapPoints: Points;
  examples: Example[];
}

/** Turns a dataset into batches, made ahead while the GPU works. */
export class Loader {
  /** Batches in an epoch, the smaller last one counted. */
  readonly batchesPerEpoch: number;
  /** Bad examples that were left out so far: their index in the dataset -> the reason, which names the file. */
  readonly skipped = new Map<number, string>();
  readonly #limit: Limit;
  readonly #pending = new Set<Promise<unknown>>();
  #closed = false;

  constructor(
    readonly dataset: Dataset,
    private readonly options: LoaderOptions,
  ) {
    this.batchesPerEpoch = Math.ceil(dataset.size / options.batchSize);
    this.#limit = new Limit(options.concurrency ?? 8);
  }

  /** The dataset's indices in the order of an epoch. */
  order(epoch: number): number[] {
    const indices = Array.from({ length: this.dataset.size }, (_, i) => i);
    return this.options.shuffle ? stream(this.options.seed ?? 0, "shuffle", epoch).shuffle(indices) : indices;
  }

  /**
   * The batches of an epoch from the one at `first` on, exactly those that a run from the epoch's start would see.
   * Throws the UserError of a bad image when its batch is due.
   */
  async *batches(epoch: number, first = 0): AsyncGenerator<Batch, void, void> {
    const order = this.order(epoch);
    const ahead: Promise<Batch>[] = [];
    const run = { live: true };
    let next = first;
    try {
      for (let index = first; index < this.batchesPerEpoch; index++) {
        // The batch that is due, and those ahead of it.
        while (next < this.batchesPerEpoch && next <= index + (this.options.prefetch ?? 2)) {
          ahead.push(this.#start(epoch, next++, order, run));
        }
        const batch = await ahead.shift()!;
        if (batch.examples.length > 0) yield batch;
      }
    } finally {
      run.live = false;
    }
  }

  /** Starts no further load and waits for those under way. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#pending);
  }

  #start(epoch: number, index: number, order: number[], run: { live: boolean }): Promise<Batch> {
    const { batchSize } = this.options;
    const indices = order.slice(index * batchSize, (index + 1) * batchSize);
    const batch = this.#make(epoch, index, indices, run);
    this.#pending.add(batch);
    // A failure is thrown when the batch is due; until then, and where that never comes, it is no unhandled rejection.
    batch.catch(() => {}).finally(() => this.#pending.delete(batch));
    return batch;
  }

  async #make(epoch: number, index: number, indices: number[], run: { live: boolean }): Promise<Batch> {
    const length = this.dataset.renderInto ? 0 : 3 * this.dataset.imageSize ** 2;
    const buffer = new Float32Array(indices.length * length);
    const loads = indices.map((i, slot) =>
      this.#limit.run(async () => {
        if (this.#closed || !run.live) throw new Error("the loader was closed");
        return this.#load(i, buffer.subarray(slot * length, (slot + 1) * length));
      }),
    );
    // Wait for all, so that none writes into the buffer later, then report the first failure.
    await Promise.allSettled(loads);
    const loaded = await Promise.all(loads);

    const examples = loaded.filter((example) => example !== null);
    const coordinates = 2 * this.dataset.skeleton.joints.length;
    const mapPoints = new Float64Array(examples.length * coordinates);
    for (const [n, example] of examples.entries()) {
      // Moved up where an example before it was left out.
      const input = buffer.subarray(n * length, (n + 1) * length);
      input.set(example.input);
      examples[n] = { ...example, input };
      mapPoints.set(example.mapPoints, n * coordinates);
    }
    return {
      splitName: this.dataset.splitName,
      epoch,
      index,
      indices: indices.filter((_, slot) => loaded[slot] !== null),
      input: buffer.subarray(0, examples.length * length),
      mapPoints,
      examples,
    };
  }

  async #load(index: number, input: Float32Array): Promise<Example | null> {
    const { dataset } = this;
    try {
      if (!dataset.renderInto) return await dataset.load(index, input);
      const pose = await dataset.pose(index);
      return { ...pose, input, mapPoints: toMapUnits(pose, dataset.imageSize, false) };
    } catch (error) {
      if (!(this.options.skipBad && error instanceof UserError)) throw error;
      this.skipped.set(index, error.message);
      return null;
    }
  }
}

/** Runs at most `most` tasks at a time, in the order in which they came. */
class Limit {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(most: number) {
    this.#free = most;
  }

  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await task();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }
}
