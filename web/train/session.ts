import quickstart from "../../configs/quickstart.json";
import { type Gpu, initialise, UserError } from "../../engine/index";
import { networkParameters } from "../../model/network/index";
import { type Config, resolveConfig } from "../../train/config/index";
import { Budget, Course, openPhases, Plan } from "../../train/course/index";
import { stream } from "../../train/data/index";
import type { Checkpoint } from "../../train/files/index";
import { scalePoints } from "../../train/pose/index";
import type { Evaluation } from "../../train/score/index";
import { createLearner, expectWeights, type Learner, networkSpecOf, type StepLine } from "../../train/step/index";
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

/** A checkpoint to go on from, and its file's name. */
export interface Opened {
  checkpoint: Checkpoint;
  name: string;
}

/**
 * A training run in this tab: drives the same course as the training in Node, so that a run may change from one to the other
 * in its middle. Here the GPU is had in turns with the other rooms, the run can be paused, and goes on beyond its end; it is
 * not validated, but tried on a few hands now and then.
 */
export class Session {
  /** The held-out hands at the full size. */
  readonly dataset: SyntheticDataset;
  /** Aborted to pause the run under way; null where none is. */
  #pause: AbortController | null = null;
  /** The run under way, and whether the session is to be left after it. */
  #run: Promise<void> = Promise.resolve();
  #left = false;
  /** What the last trial took, a guess before the first, and when it was, in milliseconds; and of which step's weights. */
  #trial = { spent: 1000, at: 0, step: -1 };

  private constructor(
    private readonly gpu: Gpu,
    private readonly turns: Turns,
    private readonly course: Course,
    private readonly events: SessionEvents,
  ) {
    this.dataset = this.#heldOut(this.config.image_size);
  }

  /**
   * The quickstart from its beginning, or the run of a checkpoint from where it stood.
   * @throws UserError for a checkpoint that cannot go on here
   */
  static open(gpu: Gpu, turns: Turns, events: SessionEvents, from?: Opened): Promise<Session> {
    return turns.take(async () => new Session(gpu, turns, openCourse(gpu, events, from), events));
  }

  get learner(): Learner {
    return this.course.learner;
  }

  get config(): Config {
    return this.course.plan.config;
  }

  get step(): number {
    return this.course.position.step;
  }

  get total(): number {
    return this.course.plan.total;
  }

  get running(): boolean {
    return this.#pause !== null && !this.#pause.signal.aborted;
  }

  /** Trains until it is paused, or all steps are done; asked again then, it goes on without an end. */
  run(): Promise<void> {
    if (!this.running) this.#run = this.#train();
    return this.#run;
  }

  async #train(): Promise<void> {
    const { signal: stop } = (this.#pause = new AbortController());
    try {
      this.#trial.at = performance.now();
      const steps = this.course.steps({ stop, beyond: this.course.done });
      for await (const event of this.turns.through(steps)) if (event === "step" && this.#trialDue) await this.#try();
      if (!this.#left && this.#trial.step !== this.step) await this.#try();
    } finally {
      this.#pause = null;
    }
  }

  /** Ends `run` after the steps that are under way. */
  pause(): void {
    this.#pause?.abort();
  }

  /** All that the run needs to go on, here or in Node. To be asked for between steps. */
  checkpoint(): Promise<Checkpoint> {
    return this.turns.take(() => this.course.checkpoint());
  }

  /** Ends the run, then lets go of all that it used. */
  async dispose(): Promise<void> {
    this.#left = true;
    this.pause();
    await this.#run.catch(() => undefined); // whoever asked for the run was told
    await this.turns.take(() => this.course.close());
  }

  get #trialDue(): boolean {
    return this.running && this.#trial.spent < TRIAL_SHARE * (performance.now() - this.#trial.at);
  }

  /** Tries the network on the held-out hands, at the size that it is learning from just now. */
  #try(): Promise<void> {
    return this.turns.take(async () => {
      await this.course.drain();
      const begun = performance.now();
      const { step } = this;
      const phase = this.course.plan.phaseAt(Math.max(1, step));
      const { image_size } = phase.config;
      const result = await this.course.evaluate(this.#heldOut(image_size), { phase });
      const now = performance.now();
      this.#trial = { spent: now - begun, at: now, step };
      // The same hands at whatever size: the joints are shown on the pictures of the full one.
      const scale = this.config.image_size / image_size;
      const predictions = result.predictions.map((hand) => ({ ...hand, points: scalePoints(hand.points, scale) }));
      this.events.trial({ ...result, predictions }, step);
    });
  }

  #heldOut(imageSize: number): SyntheticDataset {
    const { seed, poses } = this.config.synthetic;
    return new SyntheticDataset(this.gpu, { splitName: "valid", imageSize, size: HELD_OUT, seed, poses });
  }
}

/** The course of the quickstart from its beginning, or of a checkpoint from where it stood. */
function openCourse(gpu: Gpu, events: SessionEvents, from?: Opened): Course {
  const config = from ? configOf(from) : resolveConfig(quickstart, "quickstart").config;
  // Before any memory is taken: the widths that a configuration claims need not be those of its weights.
  if (from) expectWeights(networkParameters(networkSpecOf(config)), from.checkpoint.parameters, from.name);
  const learner = learnerOf(gpu, config, from?.name);
  try {
    const onStep = (line: StepLine) => events.step(line);
    const kept = () => "download the checkpoint to keep what was learnt";
    const course = new Course({ gpu, learner, plan: planOf(gpu, config), onStep, kept });
    if (from) course.restore(from.checkpoint, from.name);
    else initialise(learner.network.parameters, "he", stream(config.seed, "init"));
    return course;
  } catch (error) {
    learner.dispose();
    throw error;
  }
}

/** All the steps that the experiment asks for: nobody waits for them here. */
function planOf(gpu: Gpu, config: Config): Plan {
  const budget = new Budget(config);
  const phases = openPhases(gpu, budget, (own) => syntheticSource(gpu, own));
  return new Plan(budget.unhurried(phases[phases.length - 1].loader.batchesPerEpoch), phases);
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
function configOf({ checkpoint, name }: Opened): Config {
  const { config } = resolveConfig(checkpoint.config, `${name}: its configuration`);
  if (config.dataset !== "synthetic") {
    throw new UserError(
      `${name}: it was trained on photographs (dataset ${config.dataset}); this page has synthetic hands`,
    );
  }
  expectModest(config, name);
  return config;
}
