import type { Captured, Gpu, Shape, Tensor } from "../../engine/index";
import type { LearnerBatch, MicroBatch } from "./learner-batch";
import type { LossSettings } from "./losses";

/** Programs kept at most; an epoch needs two (its last batch may be smaller), and a new limb weight needs new ones. */
const KEPT = 4;

/**
 * Training steps as captured programs: one for each combination of shapes and loss settings, since those are baked into
 * the dispatches. Batches are copied into tensors of fixed places, from which the programs read.
 */
export class ReplayedStep {
  /** The one used last comes last. */
  #programs = new Map<string, Captured>();
  #places = new Map<string, Tensor>();

  /** @param record does one whole step but for what changes every time */
  constructor(
    readonly gpu: Gpu,
    readonly record: (batches: readonly LearnerBatch[], settings: LossSettings) => void,
  ) {}

  get programs(): readonly Captured[] {
    return [...this.#programs.values()];
  }

  /** Captures the step where it is new, and does it. */
  run(microBatches: Iterable<MicroBatch>, settings: LossSettings): void {
    const batches: LearnerBatch[] = [];
    for (const microBatch of microBatches) {
      const n = batches.length;
      this.gpu.scope(() => {
        const { input, targets } = microBatch();
        const heat = this.#put(`${n} heat`, targets.heat);
        const limb = targets.limb && this.#put(`${n} limb`, targets.limb);
        batches.push({ input: this.#put(`${n} input`, input), targets: { heat, limb } });
      });
    }
    const shapes = batches.map(({ input, targets }) => [input, targets.heat, targets.limb].map((t) => t?.shape));
    const key = JSON.stringify([shapes, settings]);
    const program = this.#programs.get(key) ?? this.gpu.capture(() => this.record(batches, settings));
    this.#programs.delete(key);
    this.#programs.set(key, program);
    const [oldest] = this.#programs.keys();
    if (this.#programs.size > KEPT) this.#programs.delete(oldest);
    program.replay();
  }

  /** Copies a tensor to the place that tensors of its role and shape have. */
  #put(role: string, from: Tensor): Tensor {
    const key = `${role} ${from.shape.join()}`;
    const place = this.#places.get(key) ?? this.#make(from.shape);
    this.#places.set(key, place);
    this.gpu.copy(from, place);
    return place;
  }

  #make(shape: Shape): Tensor {
    return this.gpu.empty(shape).keep();
  }

  dispose(): void {
    for (const place of this.#places.values()) place.dispose();
    this.#places.clear();
    this.#programs.clear();
  }
}
