import type { Gpu } from "../../engine/index";
import type { Config } from "../config/index";
import { Loader, type Source } from "../data/index";
import { imagesPerPass, type Schedule, scheduleAt } from "../step/index";

/** A stretch of a run on images of one size, in batches of one size. */
export interface Part {
  /** The experiment, with this part's image_size and batch_size. */
  readonly config: Config;
  readonly source: Source;
  readonly loader: Loader;
  /** Images of a pass at most. */
  readonly perPass: number;
}

/** Opens what each part of a run trains on: those of `progressive` in their order, then the experiment's own sizes. */
export function openParts(gpu: Gpu, config: Config, openSource: (config: Config) => Source): Part[] {
  const sizes = config.progressive.map(({ image_size, batch_size = config.batch_size }) => ({
    image_size,
    batch_size,
  }));
  return [...sizes, {}].map((size) => {
    const own = { ...config, ...size };
    const source = openSource(own);
    const { seed, batch_size: batchSize, prefetch, skip_bad: skipBad } = own;
    const loader = new Loader(source.split("train"), { batchSize, seed, shuffle: true, prefetch, skipBad });
    return { config: own, source, loader, perPass: imagesPerPass(gpu, own) };
  });
}

/** Steps that an experiment's epochs and max_steps make. */
export const stepsOf = ({ epochs, max_steps }: Config, batchesPerEpoch: number): number =>
  Math.min(epochs * batchesPerEpoch, max_steps ?? Number.POSITIVE_INFINITY);

/**
 * The course of a run, fixed at its beginning: how many steps it has, which of them train on which sizes, and with what
 * learning rate. Epochs are passes over the training images; a part's end ends one too.
 */
export class Course {
  /** Steps in all. */
  readonly total: number;
  /** Epochs that have all these steps. */
  readonly epochs: number;
  /** The experiment with the parts' steps filled in: what is recorded, and resumed from. */
  readonly config: Config;
  /** By part, the steps of the run up to its end. */
  readonly #ends: number[] = [];

  constructor(
    config: Config,
    readonly parts: readonly Part[],
  ) {
    this.total = stepsOf(config, this.main.loader.batchesPerEpoch);
    const progressive = config.progressive.map((p) => ({ ...p, steps: p.steps ?? Math.round(p.share * this.total) }));
    this.config = { ...config, progressive };
    let end = 0;
    for (const { steps } of progressive) this.#ends.push((end = Math.min(this.total, end + steps)));
    this.#ends.push(this.total);
    this.epochs = parts.reduce((sum, { loader }, i) => sum + Math.ceil(this.#steps(i) / loader.batchesPerEpoch), 0);
  }

  /** The part that the run ends with: the sizes that it is judged at. */
  get main(): Part {
    return this.parts[this.parts.length - 1];
  }

  /** @param step from 1; after the last one the last part goes on */
  partAt(step: number): Part {
    const i = this.#ends.findIndex((end) => step <= end);
    return i < 0 ? this.main : this.parts[i];
  }

  /** Whether the next step belongs to another part. (After the run's last one the same part may go on, in a longer run.) */
  endsPart(step: number): boolean {
    return step < this.total && this.#ends.includes(step);
  }

  /** Learning rate and limb weight. @param step from 1 @param epoch the pass it belongs to, from 1 */
  scheduleAt(step: number, epoch: number): Schedule {
    return scheduleAt(this.config, { step, total: this.total, epoch });
  }

  /** In words: what comes before the experiment's own sizes, one line a part. */
  describe(): string[] {
    return this.parts.slice(0, -1).flatMap(({ config: { image_size, batch_size } }, i) => {
      const from = this.#ends[i] - this.#steps(i) + 1;
      return this.#steps(i) > 0 ? [`steps ${from} to ${this.#ends[i]} at ${image_size} px, batch ${batch_size}`] : [];
    });
  }

  async close(): Promise<void> {
    for (const { loader } of this.parts) await loader.close();
  }

  #steps(i: number): number {
    return this.#ends[i] - (this.#ends[i - 1] ?? 0);
  }
}
