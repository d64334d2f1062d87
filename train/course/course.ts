import { augmentBatch } from "../data/augment/index";
import type { Batch, Contents, Dataset, Loader } from "../data/index";
import { type Checkpoint, computedOn } from "../files/index";
import type { Points } from "../pose/index";
import { type Evaluation, evaluate, meanPose } from "../score/index";
import { type Learner, readParameters, restoreLearner } from "../step/index";
import type { Phase } from "./phase";
import type { Plan } from "./plan";
import { BEGINNING, type Position } from "./position";
import { STEPS_IN_FLIGHT, Stepper, type StepperOptions } from "./stepper";

/** What a course tells of as it goes. */
export type CourseEvent =
  /** A step was queued, and the position counts it; its record comes as it ends, by `onStep`. */
  | "step"
  /** The epoch, or the run in its middle, is at its end, and all its steps have ended. */
  | "epoch"
  /** The weights as they stand are to be validated. */
  | "validation";

export interface CourseOptions extends StepperOptions {
  /** Is told that an image of the next batch cannot be read, before the error is thrown: what was learnt may be kept. */
  onUnreadable?: () => Promise<void>;
}

/** How far a course is to go. */
export interface StepsOptions {
  /** Ends it after the step in progress. */
  stop?: AbortSignal;
  /** Goes on after the last step, without an end. */
  beyond?: boolean;
}

/**
 * A training run: where it stands, and what comes next. It knows no files, no room and no signals: whoever drives it steps
 * through `steps`, and between two of them may evaluate, or make a checkpoint. Whatever drives it, and however often it goes
 * on from a checkpoint, the steps are the same.
 */
export class Course {
  /** What it is trained on, where the configuration does not tell. */
  readonly contents: Contents | null;
  readonly #stepper: Stepper;
  #position: Position = { ...BEGINNING };
  #meanPose: Points | null = null;

  constructor(private readonly options: CourseOptions) {
    this.contents = this.plan.main.source.contents();
    this.#stepper = new Stepper(options);
  }

  get plan(): Plan {
    return this.options.plan;
  }

  get learner(): Learner {
    return this.options.learner;
  }

  get position(): Readonly<Position> {
    return this.#position;
  }

  /** All steps are taken. */
  get done(): boolean {
    return this.plan.isDone(this.#position.step, this.#position.epoch - 1);
  }

  /** Of the last step that has ended. */
  get lastLoss(): number | null {
    return this.#stepper.lastLoss;
  }

  /**
   * Goes on where a checkpoint stood, its weights and its optimizer's state as they were.
   * @param name of its file, for errors @throws UserError for one of another network, or of weights alone
   */
  restore(checkpoint: Checkpoint, name: string): void {
    restoreLearner(this.learner, checkpoint, name);
    const { step, epoch, batchInEpoch, bestScore, validationDue } = checkpoint;
    this.#position = { step, epoch, batchInEpoch, bestScore, validationDue };
  }

  /** All that a run needs to go on from here. Waits for the steps under way. */
  async checkpoint(): Promise<Checkpoint> {
    await this.drain();
    const { config } = this.plan;
    return {
      adapter: computedOn(this.options.gpu),
      ...this.#position,
      seed: config.seed,
      rng: null, // every random choice is a function of (seed, epoch), see rng.ts
      lossScale: await this.learner.adam.scaling(),
      config,
      contents: this.contents,
      parameters: await readParameters(this.learner),
    };
  }

  /**
   * Takes the steps that are left, and tells of each, of each epoch's end, and of each validation that is due. It may be left
   * at any of these, and asked again; left at the last step, it tells no more of what ends with that.
   */
  async *steps({ stop, beyond = false }: StepsOptions = {}): AsyncGenerator<CourseEvent, void, void> {
    const isOver = () => this.done && !beyond;
    if (this.#position.validationDue) yield "validation";
    while (!isOver() && !stop?.aborted) {
      const phase = this.plan.phaseAt(this.#position.step + 1);
      let cut = false;
      for await (const batch of this.#batches(phase.loader)) {
        await this.#take(phase, batch);
        yield "step";
        cut = isOver() || stop?.aborted === true;
        if (cut || this.#isAtEnd(phase.loader)) break;
      }
      await this.drain();
      const whole = !cut || this.#isAtEnd(phase.loader);
      if (whole) this.#endEpoch();
      if (isOver()) this.#position.validationDue = true;
      if (whole || isOver()) yield "epoch";
      if (this.#position.validationDue) yield "validation";
    }
  }

  /** What is left of the epoch. */
  async *#batches(loader: Loader): AsyncGenerator<Batch, void, void> {
    if (this.#isAtEnd(loader)) return;
    try {
      yield* loader.batches(this.#position.epoch, this.#position.batchInEpoch);
    } catch (error) {
      await this.options.onUnreadable?.();
      throw error;
    }
  }

  async #take({ config }: Phase, batch: Batch): Promise<void> {
    const at = this.#position;
    this.#stepper.take(augmentBatch(config, batch), at.step + 1, at.epoch);
    at.step++;
    at.batchInEpoch = batch.index + 1;
    at.validationDue = false;
    await this.drain(STEPS_IN_FLIGHT);
  }

  /** Whether all batches of the epoch in progress are done: a phase's end is its epoch's too. */
  #isAtEnd({ batchesPerEpoch }: Loader): boolean {
    const { step, batchInEpoch } = this.#position;
    return batchInEpoch > 0 && (batchInEpoch >= batchesPerEpoch || this.plan.endsPhase(step));
  }

  #endEpoch(): void {
    const at = this.#position;
    at.epoch++;
    at.batchInEpoch = 0;
    at.validationDue = this.plan.isValidated(at.step, at.epoch - 1);
  }

  /** Waits until at most `most` steps are under way. @throws UserError for one whose loss or gradient is not finite */
  drain(most = 0): Promise<void> {
    return this.#stepper.drain(most);
  }

  /** Finds what predictions are held against; else the first evaluation does. @param stop ends it: its reason is thrown */
  async prepare(stop?: AbortSignal): Promise<void> {
    this.#meanPose ??= await meanPose(this.plan.main.source.split("train"), stop);
  }

  /**
   * Runs the network as it stands over a dataset.
   * @param phase whose sizes the images have @param stop ends it before the next batch: its reason is thrown
   */
  async evaluate(
    dataset: Dataset,
    { phase = this.plan.main, stop }: { phase?: Phase; stop?: AbortSignal } = {},
  ): Promise<Evaluation> {
    await this.drain();
    await this.prepare(stop);
    const { gpu, learner } = this.options;
    const { config, source, perPass: imagesPerPass } = phase;
    const network = learner.network;
    const options = { gpu, network, config, source, dataset, meanPose: this.#meanPose!, imagesPerPass, stop };
    return gpu.pool.frugally(() => evaluate(options));
  }

  /** The score by which the best weights are chosen: PCK at `select_threshold`. */
  scoreOf({ scores }: Evaluation): number {
    return scores.original.pck[String(this.plan.config.select_threshold)];
  }

  /** Whether a validation is better than all before it. */
  isBest(validation: Evaluation): boolean {
    const { bestScore } = this.#position;
    return bestScore === null || this.scoreOf(validation) > bestScore;
  }

  /** The validation that was due is done; its score is kept where it is the best. */
  accept(validation: Evaluation): void {
    if (this.isBest(validation)) this.#position.bestScore = this.scoreOf(validation);
    this.#position.validationDue = false;
  }

  /** The best weights are not there, or their score says nothing: the next validation's are the best. */
  forgetBest(): void {
    this.#position.bestScore = null;
  }

  /** Releases the network and the optimizer, and waits for the images in the making. */
  async close(): Promise<void> {
    await this.plan.close();
    this.learner.dispose();
  }
}
