import { Adam, type AdamOptions, addInto, type Captured, type Gpu, type Tensor } from "../../engine/index";
import { Network, type NetworkSpec, type Precision } from "../../model/network/index";
import type { LearnerBatch, MicroBatch } from "./learner-batch";
import { computeLosses, LOSS_PARTS, type LossRecord, type LossSettings, packLosses } from "./losses";
import { ReplayedStep } from "./replayed-step";

/** What one step did, read back some steps later. */
export interface StepOutcome {
  losses: LossRecord;
  /** False once something was not finite: no weight has changed since. */
  ok: boolean;
  gradNorm: number;
  /** In mixed precision what the loss was multiplied by; gradients that overflowed (gradNorm is not finite) changed no weight. */
  lossScale: number | null;
}

/** How steps are taken. */
export interface LearnerOptions extends AdamOptions {
  /** Capture steps and replay them; the results are the same, bit for bit. Layers are frozen before the first step. */
  replay?: boolean;
  /** See Network. */
  checkpointSegments?: number;
  /** See Network; mixed precision scales the loss. */
  precision?: Precision;
}

/** A network with its optimizer: one training step from gradients to update, for the training loop and `verify` alike. */
export class Learner {
  readonly network: Network;
  readonly adam: Adam;
  /** LOSS_PARTS of the last step, summed over its micro-batches. */
  readonly #losses: Tensor;
  readonly #replayed: ReplayedStep | null;

  constructor(
    readonly gpu: Gpu,
    spec: NetworkSpec,
    options: LearnerOptions = {},
  ) {
    const { replay, checkpointSegments, precision, ...adam } = options;
    this.network = new Network(gpu, spec);
    this.network.checkpointSegments = checkpointSegments ?? 0;
    this.network.precision = precision ?? "single";
    const lossScale = precision === "mixed" ? (adam.lossScale ?? {}) : null;
    this.adam = new Adam(this.network.parameters, { ...adam, lossScale });
    this.#losses = gpu.zeros([LOSS_PARTS.length]).keep();
    this.#replayed = replay ? new ReplayedStep(gpu, (batches, settings) => this.#record(batches, settings)) : null;
  }

  /**
   * Leaves the gradients of the batch's loss in the parameter arena. A batch comes in one or more micro-batches; gradients and
   * their losses add up to the whole batch's exactly, since each is divided by the whole batch's size. In mixed
   * precision the gradients are those of the loss times the loss scale.
   */
  gradients(microBatches: Iterable<MicroBatch>, settings: LossSettings): void {
    this.#clear();
    for (const microBatch of microBatches) this.gpu.scope(() => this.#accumulate(microBatch(), settings));
  }

  #clear(): void {
    this.network.parameters.zeroGrad();
    this.gpu.clear(this.#losses);
  }

  /** Adds a micro-batch's losses and gradients to those of the ones before it. */
  #accumulate({ input, targets }: LearnerBatch, settings: LossSettings): void {
    const losses = computeLosses(this.network.forward(input), targets, settings);
    addInto(this.#losses, packLosses(losses));
    this.gpu.tape.backward(losses.total, this.adam.seed ?? undefined);
  }

  /** What a replayed step does beside that which changes every time. */
  #record(batches: readonly LearnerBatch[], settings: LossSettings): void {
    this.#clear();
    for (const batch of batches) this.gpu.scope(() => this.#accumulate(batch, settings));
    this.adam.update(this.#losses);
  }

  /** Gradients, then Adam's update. */
  step(microBatches: Iterable<MicroBatch>, settings: LossSettings, lr: number): void {
    if (this.#replayed) {
      this.adam.prepare(lr);
      this.#replayed.run(microBatches, settings);
      return;
    }
    this.gradients(microBatches, settings);
    this.update(lr);
  }

  /** Adam's update from the gradients that lie in the arena. */
  update(lr: number): void {
    this.adam.step(lr, this.#losses);
  }

  /** The captured steps that are kept, for a look at their memory. */
  get programs(): readonly Captured[] {
    return this.#replayed?.programs ?? [];
  }

  /** Forgets all steps taken: moments and counter as new, updates allowed. Weights stay. */
  resetOptimizer(): void {
    const { moment1, moment2 } = this.network.parameters;
    for (const arena of [moment1, moment2]) this.gpu.clearArena(arena);
    this.adam.restart(0, null);
    this.adam.reset();
  }

  /** Starts reading the last step's losses and verdict back, in recorded order; resolves when the GPU has got there. */
  async outcome(): Promise<StepOutcome> {
    const [values, { ok, gradNorm, scale }] = await Promise.all([this.#losses.data(), this.adam.report()]);
    const losses = Object.fromEntries(LOSS_PARTS.map((name, i) => [name, values[i]])) as LossRecord;
    return { losses, ok, gradNorm, lossScale: this.adam.seed && scale };
  }

  /** Releases the network, the optimizer and the captured steps. */
  dispose(): void {
    this.#replayed?.dispose();
    this.#losses.dispose();
    this.adam.dispose();
    this.network.dispose();
  }
}
