import { type Config, slowVariant } from "../config/index";

/** Share of the minutes that steps may take; the rest is for validation, checkpoints and pictures. */
const SHARE_OF_STEPS = 0.9;

/** Fewer steps teach nothing. */
const LEAST = 20;

/** What a step takes on an adapter. */
export interface Pace {
  /** Milliseconds of a step, by stretch. */
  stepMs: readonly number[];
  /** Milliseconds of the minutes that are gone already. */
  spentMs: number;
}

/**
 * How many steps a run is to have. Its epochs and `max_steps` bound them, and so do its `minutes`, by how many steps fit
 * them on this adapter: that is measured once, before the first step, and holds from then on, so that schedules and resuming
 * are a matter of steps and not of time. `progressive` says what the steps are shared out to, `when_slow` which other
 * experiment is taken where few fit.
 */
export class Budget {
  /**
   * @param experiment as it is asked for
   * @param fixed how many steps fit its minutes, as the run's beginning has found; null where that is not known, or not asked
   */
  constructor(
    readonly experiment: Config,
    readonly fixed: number | null = null,
  ) {}

  /** The budget of a run that goes on: the numbers of steps that its beginning has fixed. Asked for fewer, it ends earlier. */
  static resumed(asked: Config, recorded: Config): Budget {
    const fixed = asked.minutes === null ? null : recorded.max_steps;
    return new Budget({ ...asked, progressive: recorded.progressive }, fixed);
  }

  /** How many steps fit the minutes is still to be measured. */
  get open(): boolean {
    return this.experiment.minutes !== null && this.fixed === null;
  }

  /** Steps in all. @param batchesPerEpoch at the experiment's own sizes */
  total(batchesPerEpoch: number): number {
    const { epochs, max_steps } = this.experiment;
    const unbounded = Number.POSITIVE_INFINITY;
    return Math.min(epochs * batchesPerEpoch, max_steps ?? unbounded, this.fixed ?? unbounded);
  }

  /** What the steps are shared out to: the phases of `progressive`, then the experiment's own sizes. */
  get stretches(): { config: Config; share: number }[] {
    const { progressive, batch_size: usual } = this.experiment;
    const smaller = progressive.map(({ share, image_size, batch_size = usual }) => ({
      config: { ...this.experiment, image_size, batch_size },
      share,
    }));
    const left = smaller.reduce((rest, { share }) => rest - share, 1);
    return [...smaller, { config: this.experiment, share: left }];
  }

  /** Settled at the steps that fit the minutes at a pace. */
  fit({ stepMs, spentMs }: Pace, batchesPerEpoch: number): Budget {
    const meanMs = this.stretches.reduce((sum, { share }, i) => sum + share * stepMs[i], 0);
    const left = SHARE_OF_STEPS * this.experiment.minutes! * 60_000 - spentMs;
    const fitting = Math.max(LEAST, Math.floor(left / meanMs));
    return new Budget(this.experiment, Math.min(this.total(batchesPerEpoch), fitting));
  }

  /** Settled at all the steps that are asked for, whatever time they take. */
  unhurried(batchesPerEpoch: number): Budget {
    return new Budget(this.experiment, this.total(batchesPerEpoch));
  }

  /** The budget of the experiment's variant for adapters on which few steps fit; null where it has none. */
  get slow(): Budget | null {
    const variant = slowVariant(this.experiment);
    return variant && new Budget(variant);
  }

  /** Whether so few steps fit that the variant is to be taken. */
  isShort(fitting: number, batchesPerEpoch: number): boolean {
    const { when_slow } = this.experiment;
    return when_slow !== null && fitting < Math.min(this.total(batchesPerEpoch), when_slow.steps);
  }

  /** Why the variant was taken, for the log. */
  whySlow(fitting: number): string {
    const { minutes, when_slow } = this.experiment;
    const changes = Object.entries(when_slow!.set).map(([key, value]) => `${key} ${JSON.stringify(value)}`);
    return (
      `${fitting} steps would fit ${minutes} minutes on this adapter, fewer than ${when_slow!.steps}; ` +
      `for such a case the experiment has ${changes.join(", ")}`
    );
  }

  /** Why a run that has come to its end takes none of the further steps that it is asked for; null where that is not so. */
  whyNoFurther(step: number): string | null {
    const { minutes, max_steps: asked } = this.experiment;
    if (this.fixed === null || asked === null || step < this.fixed || asked <= this.fixed) return null;
    return `the ${this.fixed} steps that fit ${minutes} minutes are done; --set minutes=null goes on to ${asked}`;
  }

  /** The experiment with its numbers of steps filled in, and nothing left to choose: what a run records, and is resumed from. */
  recorded(total: number): Config {
    const { progressive, max_steps: asked } = this.experiment;
    return {
      ...this.experiment,
      max_steps: this.fixed === null ? asked : Math.min(this.fixed, asked ?? this.fixed),
      progressive: progressive.map((phase) => ({ ...phase, steps: phase.steps ?? Math.round(phase.share * total) })),
      when_slow: null,
    };
  }

  /**
   * The epoch by the experiment's own count, for what it plans by epochs. Where `minutes` or phases of other sizes decide how
   * many steps there are, its `epochs` are spread over these, so that all comes in its proportion.
   * @param step from 1 @param epoch the pass that the step belongs to, from 1
   */
  plannedEpoch(step: number, total: number, epoch: number): number {
    const { minutes, progressive, epochs } = this.experiment;
    if (minutes === null && progressive.length === 0) return epoch;
    return 1 + Math.min(epochs - 1, Math.floor(((step - 1) * epochs) / total));
  }
}
