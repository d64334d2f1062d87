import type { Config } from "../config/index";
import { type Schedule, scheduleAt } from "../step/index";
import type { Budget } from "./budget";
import type { Phase } from "./phase";

/**
 * The plan of a run, fixed at its beginning: how many steps it has, which of them train on which sizes, and with what
 * learning rate. Epochs are passes over the training images; a phase's end ends one too.
 */
export class Plan {
  /** Steps in all. */
  readonly total: number;
  /** Epochs that have all these steps. */
  readonly epochs: number;
  /** The experiment with its numbers of steps filled in: what is recorded, and resumed from. */
  readonly config: Config;
  /** By phase, the steps of the run up to its end. */
  readonly #ends: number[] = [];

  constructor(
    readonly budget: Budget,
    readonly phases: readonly Phase[],
  ) {
    this.total = budget.total(this.main.loader.batchesPerEpoch);
    this.config = budget.recorded(this.total);
    let end = 0;
    for (const { steps = 0 } of this.config.progressive) this.#ends.push((end = Math.min(this.total, end + steps)));
    this.#ends.push(this.total);
    this.epochs = phases.reduce((sum, { loader }, i) => sum + Math.ceil(this.#steps(i) / loader.batchesPerEpoch), 0);
  }

  /** The phase that the run ends with: the sizes that it is judged at. */
  get main(): Phase {
    return this.phases[this.phases.length - 1];
  }

  /** @param step from 1; after the last one the last phase goes on */
  phaseAt(step: number): Phase {
    const i = this.#ends.findIndex((end) => step <= end);
    return i < 0 ? this.main : this.phases[i];
  }

  /** Whether the next step belongs to another phase. (After the run's last one the same phase may go on, in a longer run.) */
  endsPhase(step: number): boolean {
    return step < this.total && this.#ends.includes(step);
  }

  /** Whether so many steps, or epochs, are all: the epochs have fewer steps where bad images emptied batches. */
  isDone(step: number, epochsTaken: number): boolean {
    return step >= this.total || epochsTaken >= Math.max(this.config.epochs, this.epochs);
  }

  /** Whether an epoch is validated; one of smaller images says nothing of the size that the run is judged at. */
  isValidated(step: number, epochsTaken: number): boolean {
    return this.phaseAt(step) === this.main && epochsTaken % this.config.validate_every === 0;
  }

  /** Learning rate and limb weight. @param step from 1 @param epoch the pass it belongs to, from 1 */
  scheduleAt(step: number, epoch: number): Schedule {
    const { total } = this;
    return scheduleAt(this.config, { step, total, epoch: this.budget.plannedEpoch(step, total, epoch) });
  }

  /** In words: what comes before the experiment's own sizes, one line a phase. */
  describe(): string[] {
    return this.phases.slice(0, -1).flatMap(({ config: { image_size, batch_size } }, i) => {
      const from = this.#ends[i] - this.#steps(i) + 1;
      return this.#steps(i) > 0 ? [`steps ${from} to ${this.#ends[i]} at ${image_size} px, batch ${batch_size}`] : [];
    });
  }

  /** Waits for the images in the making. */
  async close(): Promise<void> {
    for (const { loader } of this.phases) await loader.close();
  }

  #steps(i: number): number {
    return this.#ends[i] - (this.#ends[i - 1] ?? 0);
  }
}
