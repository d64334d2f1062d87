import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Gpu } from "../../engine/index";
import { EventFile, MetricsLog, missingSteps, numbered } from "../files/node";
import type { Evaluation } from "../score/index";
import type { StepLine } from "../step/index";
import { FILES } from "./outputs";

/** What a run spends its time on. */
export const PHASES = ["start", "steps", "validation", "checkpoints", "test", "pictures"] as const;
export type Phase = (typeof PHASES)[number];

/** One line of evaluations.jsonl. PCK is keyed by threshold. */
export interface EvaluationLine {
  step: number;
  epoch: number;
  split: string;
  images: number;
  loss: number;
  constant_loss: number;
  /** As the original computes it; the same of visible joints; the first for the constant mean pose. */
  pck: Record<string, number>;
  visible: Record<string, number>;
  mean_pose: Record<string, number>;
}

/** One line of sessions.jsonl: from a start or resumption of the run to its end or interruption. */
export interface SessionLine {
  /** The last step taken, the steps taken before, and those that the run is to take in all. */
  step: number;
  from_step: number;
  total: number;
  /** ISO 8601. */
  started: string;
  ended: string;
  adapter: Pick<Gpu["adapter"], "kind" | "name">;
  parameters: number;
  images: Record<string, number>;
  /** Milliseconds. */
  ms: Record<Phase, number>;
}

/**
 * The run's history in files: a line a step (metrics.jsonl), an evaluation (evaluations.jsonl), a session
 * (sessions.jsonl), and the same figures for TensorBoard. What an earlier session wrote beyond the step that is resumed
 * from is taken back.
 */
export class Journal {
  readonly #started = new Date();
  readonly #ms = Object.fromEntries(PHASES.map((phase) => [phase, 0])) as Record<Phase, number>;
  #phase: Phase = "start";

  private constructor(
    private readonly from: number,
    private readonly steps: MetricsLog<StepLine>,
    private readonly evaluations: MetricsLog<EvaluationLine>,
    private readonly sessions: MetricsLog<SessionLine>,
    private readonly events: EventFile,
    /** When the phase began that is going on. */
    private since: number,
    /** What is wrong with the files of earlier sessions, in one line each. */
    readonly problems: readonly string[],
  ) {}

  /** @param from steps taken before @param began when the run's start did, by performance.now() @throws UserError where a file cannot be read or written */
  static async open(out: string, from: number, began = performance.now()): Promise<Journal> {
    const path = join(out, FILES.metrics);
    const known = existsSync(path);
    const steps = await MetricsLog.open<StepLine>(path, from, ({ step }) => step);
    const evaluations = await MetricsLog.open<EvaluationLine>(
      join(out, FILES.evaluations),
      from,
      ({ step, split }) => `${split} ${step}`,
    );
    const sessions = await MetricsLog.open<SessionLine>(join(out, FILES.sessions), from);
    const problems = [...steps.problems, ...evaluations.problems, ...sessions.problems];
    const missing = known ? missingSteps(path, from) : []; // a checkpoint may have come alone, without its metrics
    if (missing.length > 0) problems.push(`${path}: ${numbered("step", missing)} missing`);
    return new Journal(from, steps, evaluations, sessions, new EventFile(out, from + 1), began, problems);
  }

  step(line: StepLine): void {
    this.steps.append(line);
    const { step, epoch: _, ms, images, lr, limb_weight, grad_norm, loss_scale, ...losses } = line;
    const tagged = Object.entries(losses).map(([name, value]) => [`train/${name}`, value] as const);
    this.events.scalars(step, {
      ...Object.fromEntries(tagged),
      "train/grad_norm": grad_norm,
      "train/images_per_s": (1000 * images) / ms,
      "schedule/lr": lr,
      "schedule/limb_weight": limb_weight,
      ...(loss_scale !== undefined && { "schedule/loss_scale": loss_scale }),
    });
  }

  /** Records an evaluation; done again at the same step, as after an interruption, it takes the place of the first. */
  async evaluation(
    { split, images, loss, constantLoss, scores }: Evaluation,
    at: { step: number; epoch: number },
  ): Promise<void> {
    const { pck } = scores.original;
    const known = await this.evaluations.replace({
      ...at,
      split,
      images,
      loss,
      constant_loss: constantLoss,
      pck,
      visible: scores.visible.pck,
      mean_pose: scores.meanPose.original,
    });
    if (known) return; // and TensorBoard has its figures
    const tagged = Object.entries(pck).map(([threshold, value]) => [`${split}/PCK@${threshold}`, value] as const);
    this.events.scalars(at.step, { [`${split}/loss`]: loss, ...Object.fromEntries(tagged) });
  }

  /** Counts the time of `work` to a phase, and to no other. */
  async during<T>(phase: Phase, work: () => Promise<T>): Promise<T> {
    const before = this.#phase;
    this.enter(phase);
    try {
      return await work();
    } finally {
      this.enter(before);
    }
  }

  /** From here on time counts to another phase. */
  enter(phase: Phase): void {
    const now = performance.now();
    this.#ms[this.#phase] += now - this.since;
    this.since = now;
    this.#phase = phase;
  }

  /** Writes this session's line: call it once, at the end. */
  endSession(facts: Omit<SessionLine, "from_step" | "started" | "ended" | "ms">): void {
    this.enter(this.#phase);
    const ms = Object.fromEntries(PHASES.map((phase) => [phase, Math.round(this.#ms[phase])])) as Record<Phase, number>;
    const [started, ended] = [this.#started.toISOString(), new Date().toISOString()];
    this.sessions.append({ ...facts, from_step: this.from, started, ended, ms });
    this.sync();
  }

  /** Waits until every line is on the disk. */
  sync(): void {
    this.steps.sync();
    this.evaluations.sync();
    this.sessions.sync();
  }

  close(): void {
    this.steps.close();
    this.evaluations.close();
    this.sessions.close();
    this.events.close();
  }
}
