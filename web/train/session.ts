import quickstart from "../../configs/quickstart.json";
import { type Gpu, initialise, UserError } from "../../engine/index";
import { networkParameters } from "../../model/network/index";
import { type Config, resolveConfig } from "../../train/config/index";
import { augmentBatch } from "../../train/data/augment/index";
import { stream } from "../../train/data/index";
import type { Checkpoint } from "../../train/files/index";
import { Course, openParts, STEPS_IN_FLIGHT, Stepper } from "../../train/run/index";
import { type Evaluation, evaluate, meanPose } from "../../train/score/index";
import {
  createLearner,
  expectWeights,
  type Learner,
  networkSpecOf,
  readParameters,
  restoreLearner,
  type StepLine,
} from "../../train/step/index";
import { SyntheticDataset, syntheticSource } from "../../train/synthetic/index";
import { expectModest, type Turns } from "../shell/index";

/** Hands on which the network is tried now and then; it never trains on them. */
export const HELD_OUT = 16;

/** Trying the network on held-out hands may take this share of the time. */
const TRIAL_SHARE = 0.12;

/** What the room is told. */
export interface SessionEvents {
  step(line: StepLine): void;
  trial(result: Evaluation, step: number): void;
}

/**
 * A training run in this tab: the learner, the loader and the steps are those of the training in Node, so that a run may
 * change from one to the other in its middle.
 */
export class Session {
  readonly dataset: SyntheticDataset;
  readonly config: Config;
  readonly total: number;
  #step = 0;
  /** From 1. */
  #epoch = 1;
  #batchInEpoch = 0;
  #running = false;
  /** The run under way, and whether the session is to be left after it. */
  #run: Promise<void> = Promise.resolve();
  #left = false;
  #bestScore: number | null = null;
  #meanPose: Float64Array | null = null;
  /** What the last trial took, a guess before the first, and when it was, in milliseconds. */
  #trials = { spent: 1000, last: 0 };

  private constructor(
    readonly gpu: Gpu,
    private readonly turns: Turns,
    readonly learner: Learner,
    private readonly course: Course,
    private readonly stepper: Stepper,
    private readonly events: SessionEvents,
  ) {
    this.total = course.total;
    // The number of steps is recorded, as Node does where minutes decide on it: a rate of one cycle depends on it.
    this.config = { ...course.config, max_steps: this.total };
    this.dataset = this.#heldOut(this.config.image_size);
  }

  /**
   * The quickstart from its beginning, or the run of a checkpoint from where it stood.
   * @throws UserError for a checkpoint that cannot go on here
   */
  static open(
    gpu: Gpu,
    turns: Turns,
    events: SessionEvents,
    from?: { checkpoint: Checkpoint; name: string },
  ): Promise<Session> {
    return turns.take(async () => {
      const config = from ? configOf(from) : { ...resolveConfig(quickstart, "quickstart").config, when_slow: null };
      // Before any memory is taken: the widths that a configuration claims need not be those of its weights.
      if (from) expectWeights(networkParameters(networkSpecOf(config)), from.checkpoint.parameters, from.name);
      const learner = learnerOf(gpu, config, from?.name);
      try {
        if (from) restoreLearner(learner, from.checkpoint, from.name);
        else initialise(learner.network.parameters, "he", stream(config.seed, "init"));
      } catch (error) {
        learner.dispose();
        throw error;
      }
      const course = new Course(
        config,
        openParts(gpu, config, (own) => syntheticSource(gpu, own)),
      );
      const onStep = (line: StepLine) => events.step(line);
      const stepper = new Stepper({
        gpu,
        learner,
        course,
        onStep,
        kept: () => "download the checkpoint to keep what was learnt",
      });
      const session = new Session(gpu, turns, learner, course, stepper, events);
      if (from) session.#goOnFrom(from.checkpoint);
      return session;
    });
  }

  get step(): number {
    return this.#step;
  }

  get running(): boolean {
    return this.#running;
  }

  /** Trains until it is paused, or all steps are done; asked again then, it goes on without an end. */
  run(): Promise<void> {
    if (!this.#running) this.#run = this.#train();
    return this.#run;
  }

  async #train(): Promise<void> {
    this.#running = true;
    const end = this.#step < this.total ? this.total : Number.POSITIVE_INFINITY;
    try {
      this.#trials.last = performance.now();
      while (this.#running && this.#step < end) await this.#epochOfSteps(end);
      await this.turns.take(() => this.stepper.drain());
      if (!this.#left) await this.#try();
    } finally {
      this.#running = false;
    }
  }

  /** Ends `run` after the steps that are under way. */
  pause(): void {
    this.#running = false;
  }

  /** All that the run needs to go on, here or in Node. To be asked for between steps. */
  checkpoint(): Promise<Checkpoint> {
    return this.turns.take(async () => {
      await this.stepper.drain();
      return {
        adapter: this.gpu.adapter.name,
        epoch: this.#epoch,
        step: this.#step,
        stepInEpoch: this.#batchInEpoch,
        seed: this.config.seed,
        rng: null,
        bestScore: this.#bestScore,
        lossScale: await this.learner.adam.scaling(),
        config: this.config,
        parameters: await readParameters(this.learner),
      };
    });
  }

  /** Ends the run, then lets go of all that it used. */
  async dispose(): Promise<void> {
    this.#left = true;
    this.pause();
    await this.#run.catch(() => undefined); // whoever asked for the run was told
    await this.turns.take(async () => {
      await this.course.close();
      this.learner.dispose();
    });
  }

  #goOnFrom({ step, epoch, stepInEpoch, bestScore }: Checkpoint): void {
    this.#step = step;
    this.#epoch = epoch;
    this.#batchInEpoch = stepInEpoch;
    this.#bestScore = bestScore;
  }

  async #epochOfSteps(end: number): Promise<void> {
    const { config, loader } = this.course.partAt(this.#step + 1);
    for await (const batch of loader.batches(this.#epoch, this.#batchInEpoch)) {
      await this.turns.take(async () => {
        this.stepper.take(augmentBatch(config, batch), this.#step + 1, this.#epoch);
        this.#step++;
        this.#batchInEpoch = this.course.endsPart(this.#step) ? loader.batchesPerEpoch : batch.index + 1;
        await this.stepper.drain(STEPS_IN_FLIGHT);
      });
      if (!this.#running || this.#step >= end || this.#batchInEpoch >= loader.batchesPerEpoch) break;
      if (this.#trials.spent < TRIAL_SHARE * (performance.now() - this.#trials.last)) await this.#try();
    }
    if (this.#batchInEpoch < loader.batchesPerEpoch) return;
    this.#epoch++;
    this.#batchInEpoch = 0;
  }

  /** Tries the network on the held-out hands, at the size that it is learning from just now. */
  #try(): Promise<void> {
    return this.turns.take(async () => {
      await this.stepper.drain();
      const begun = performance.now();
      const { config, source, perPass: imagesPerPass } = this.course.partAt(Math.max(1, this.#step));
      this.#meanPose ??= await meanPose(source.split("train"));
      const dataset = this.#heldOut(config.image_size);
      const { gpu, learner, events } = this;
      const { network } = learner;
      const options = { gpu, network, config, source, dataset, meanPose: this.#meanPose, imagesPerPass };
      const result = await evaluate(options);
      this.#trials = { spent: performance.now() - begun, last: performance.now() };
      this.stepper.restartClock();
      // The same hands at whatever size: the joints are shown on the pictures of the full one.
      const scale = this.config.image_size / config.image_size;
      const predictions = result.predictions.map((hand) => ({
        ...hand,
        joints: hand.joints.map((point) => point.map((v) => v * scale)),
      }));
      events.trial({ ...result, predictions }, this.#step);
    });
  }

  #heldOut(imageSize: number): SyntheticDataset {
    const { seed, poses } = this.config.synthetic;
    return new SyntheticDataset(this.gpu, { splitName: "valid", imageSize, size: HELD_OUT, seed, poses });
  }
}

/** @throws UserError, which names the file that the configuration is of, where it cannot be trained on this adapter */
function learnerOf(gpu: Gpu, config: Config, name?: string): Learner {
  try {
    return createLearner(gpu, config);
  } catch (error) {
    if (name && error instanceof UserError) throw new UserError(`${name}: ${error.message}`);
    throw error;
  }
}

/** @throws UserError for a checkpoint of a run on photographs (this page has synthetic hands alone), or one too large for a tab */
function configOf({ checkpoint, name }: { checkpoint: Checkpoint; name: string }): Config {
  const { config } = resolveConfig(checkpoint.config, `${name}: its configuration`);
  if (config.dataset !== "synthetic") {
    throw new UserError(
      `${name}: it was trained on photographs (dataset ${config.dataset}); this page has synthetic hands`,
    );
  }
  expectModest(config, name);
  return config;
}
