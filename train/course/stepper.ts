import { type Gpu, UserError } from "../../engine/index";
import type { AugmentedBatch } from "../data/augment/index";
import {
  findNonFinite,
  type Learner,
  type LossSettings,
  microBatches,
  type StepLine,
  type StepOutcome,
} from "../step/index";
import type { Phase } from "./phase";
import type { Plan } from "./plan";

/** Steps whose results may be outstanding: enough to keep the GPU fed, few enough to notice trouble at once. */
export const STEPS_IN_FLIGHT = 2;

/** What steps are taken with and reported to. */
export interface StepperOptions {
  gpu: Gpu;
  learner: Learner;
  plan: Plan;
  /** Is told of each step as it ends, up to two steps after it was taken. */
  onStep: (line: StepLine) => void;
  /** What there is to go on from when a step fails, for the error's text. */
  kept: () => string;
}

/** A step under way: what its record needs beside the outcome. */
interface InFlight {
  step: number;
  epoch: number;
  phase: Phase;
  batch: AugmentedBatch;
  settings: LossSettings;
  lr: number;
  begun: number;
  outcome: Promise<StepOutcome>;
}

/**
 * Takes training steps without waiting for their results: the GPU is kept fed while the last steps' losses are on their
 * way back, and each step is recorded as it ends.
 */
export class Stepper {
  lastLoss: number | null = null;
  #inFlight: InFlight[] = [];
  #lastEnd = performance.now();

  constructor(private readonly options: StepperOptions) {}

  /** Queues a step. @param step steps taken, this one included; @param epoch from 1 */
  take(batch: AugmentedBatch, step: number, epoch: number): void {
    const { learner, plan } = this.options;
    const phase = plan.phaseAt(step);
    const { lr, limbWeight } = plan.scheduleAt(step, epoch);
    const { config } = phase;
    const settings: LossSettings = {
      batch: batch.examples.length,
      limbWeight,
      partWeight: config.weight_g61,
      norm: config.loss_norm,
    };
    const begun = performance.now();
    learner.step(this.#passes(batch, phase), settings, lr);
    const outcome = learner.outcome();
    outcome.catch(() => undefined); // reported when it is drained
    this.#inFlight.push({ step, epoch, phase, batch, settings, lr, begun, outcome });
  }

  /** Waits until at most `most` steps are under way, recording each that ends. @throws UserError for one not finite */
  async drain(most = 0): Promise<void> {
    while (this.#inFlight.length > most) {
      const { step, epoch, batch, settings, lr, begun, outcome } = this.#inFlight[0];
      const { losses, ok, gradNorm, lossScale } = await outcome;
      if (!ok) await this.#refuse(this.#inFlight[0]);
      this.#inFlight.shift();
      const now = performance.now();
      const ms = now - Math.max(begun, this.#lastEnd);
      this.#lastEnd = now;
      this.lastLoss = losses.loss;
      this.options.onStep({
        step,
        epoch,
        ...losses,
        lr,
        limb_weight: settings.limbWeight,
        grad_norm: gradNorm,
        ...(lossScale !== null && { loss_scale: lossScale }),
        ms: Math.round(ms * 100) / 100,
        images: batch.examples.length,
      });
    }
  }

  /** A step was not finite: its weights are as they were; names the layer, and ends the run. */
  async #refuse({ step, phase, batch, settings }: InFlight): Promise<never> {
    const { learner, kept } = this.options;
    const where = await findNonFinite(learner, () => this.#passes(batch, phase), settings);
    const names = batch.examples.map((e) => e.name).join(", ");
    throw new UserError(
      `step ${step}: the loss or a gradient is not finite, first in ${where} (images ${names}); ` +
        `no weight was changed, ${kept()}`,
    );
  }

  #passes(batch: AugmentedBatch, { source, config, perPass }: Phase) {
    return microBatches(this.options.gpu, source, config, batch, perPass);
  }
}
