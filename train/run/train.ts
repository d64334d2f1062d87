import { existsSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../../engine/errors";
import type { Gpu } from "../../engine/gpu";
import { writeFileAtomic } from "../../model/files";
import { type Config, resolveConfig } from "../config";
import { type Batch, Loader } from "../data/loader";
import { findNonFinite } from "../diagnose";
import { type Evaluation, evaluate } from "../evaluate";
import { batchParts } from "../feed";
import { loadCheckpoint, saveCheckpoint } from "../files/checkpoint";
import { type FolderLock, lockFolder } from "../files/lock";
import { openLog, type RunLog } from "../files/log";
import { MetricsLog } from "../files/metrics-log";
import { openProgress, type Progress } from "../files/progress";
import { removeStaleTemporaries } from "../files/temporaries";
import { parseJson, readText } from "../json";
import type { Learner, StepOutcome } from "../learner";
import type { LossSettings } from "../losses";
import { meanPose } from "../metrics/mean-pose";
import { learningRate, limbWeight } from "../schedule";
import { openSource, type Source } from "../source";
import { FILES, type StepLine, writeEvaluation } from "./outputs";
import { stepsThatFit } from "./pace";
import { writeSamples } from "./samples";
import { createLearner, imagesPerPass, initialiseLearner } from "./setup";
import { loadWeights, readParameters, restoreLearner } from "./state";

export interface TrainOptions {
  gpu: Gpu;
  config: Config;
  /** Notes of the configuration, for the log. */
  notes?: readonly string[];
  /** Dataset folder; overrides the configuration's data_root. */
  data?: string;
  /** Folder that the run's files go to. */
  out: string;
  resume?: boolean;
  /** Prints nothing but warnings. */
  silent?: boolean;
  /** Ends the run after the step in progress, checkpoint saved. */
  stop?: AbortSignal;
}

export interface TrainResult {
  out: string;
  steps: number;
  epoch: number;
  /** True when a signal ended the run before its last step. */
  interrupted: boolean;
  lastLoss: number | null;
  valid: Evaluation | null;
  test: Evaluation | null;
}

/** Steps whose results may be outstanding: enough to keep the GPU fed, few enough to notice trouble at once. */
const STEPS_IN_FLIGHT = 2;

/** Trains an experiment from its start or its last checkpoint to its end; see README for the files it leaves. */
export async function train(options: TrainOptions): Promise<TrainResult> {
  const lock = await lockFolder(options.out);
  try {
    const run = await Run.open(options, lock);
    try {
      return await run.run();
    } finally {
      await run.close();
    }
  } finally {
    await lock.release();
  }
}

/** A step under way: what its record needs beside the outcome. */
interface InFlight {
  step: number;
  epoch: number;
  batch: Batch;
  settings: LossSettings;
  lr: number;
  begun: number;
  outcome: Promise<StepOutcome>;
}

class Run {
  #step = 0;
  #epoch = 1;
  #batchInEpoch = 0;
  #best: number | null = null;
  #lastLoss: number | null = null;
  #inFlight: InFlight[] = [];
  #lastEnd = performance.now();
  #valid: Evaluation | null = null;
  #meanPose = new Float64Array(42);

  private constructor(
    readonly options: TrainOptions,
    readonly learner: Learner,
    readonly source: Source,
    readonly loader: Loader,
    readonly total: number,
    readonly perPass: number,
    readonly log: RunLog,
    readonly progress: Progress,
    readonly metrics: MetricsLog<StepLine>,
  ) {}

  static async open(options: TrainOptions, _held: FolderLock): Promise<Run> {
    const { gpu, config, out, resume = false, silent = false } = options;
    await removeStaleTemporaries(out);
    const checkpoint = openCheckpoint(options);
    const source = openSource({ gpu, config, data: options.data });
    const learner = createLearner(gpu, config);
    const { seed, batch_size: batchSize, prefetch, skip_bad: skipBad } = config;
    const loader = new Loader(source.split("train"), { batchSize, seed, shuffle: true, prefetch, skipBad });
    const perPass = imagesPerPass(gpu, config);
    if (config.minutes !== null && config.max_steps === null) {
      config.max_steps =
        (resume ? recordedSteps(out) : null) ?? (await stepsThatFit(gpu, learner, source, loader, config, perPass));
    }
    const whole = config.epochs * loader.batchesPerEpoch;
    const total = Math.min(whole, config.max_steps ?? whole);
    const start = checkpoint?.step ?? 0;
    const progress = openProgress({ total, start, epochs: config.epochs, silent });
    const log = openLog({ path: join(out, FILES.log), print: silent ? null : (line) => progress.print(line) });
    const metrics = await MetricsLog.open<StepLine>(join(out, FILES.metrics), start);
    const run = new Run(options, learner, source, loader, total, perPass, log, progress, metrics);
    if (checkpoint) {
      restoreLearner(learner, checkpoint, join(out, FILES.last));
      run.#step = checkpoint.step;
      run.#epoch = checkpoint.epoch;
      run.#batchInEpoch = checkpoint.stepInEpoch;
      run.#best = checkpoint.bestScore;
    } else {
      initialiseLearner(learner, config);
      await writeFileAtomic(join(out, FILES.config), `${JSON.stringify(config, null, 2)}\n`);
    }
    await run.#announce(checkpoint?.adapter ?? null, resume);
    return run;
  }

  async run(): Promise<TrainResult> {
    const { config, stop } = this.options;
    this.#meanPose = await meanPose(this.source.split("train"));
    while (!this.#finished) {
      const whole = await this.#epochOfSteps();
      if (!whole) break;
      this.#epoch++;
      this.#batchInEpoch = 0;
      if (this.#finished) break;
      if ((this.#epoch - 1) % config.validate_every === 0) await this.#validate();
      await this.#save();
    }
    const interrupted = !this.#finished && stop?.aborted === true;
    if (interrupted) {
      await this.#save();
      this.log.info(`stopped at step ${this.#step} of ${this.total}; --resume goes on from here`);
      return this.#result(interrupted, null);
    }
    await this.#validate();
    await this.#save();
    const test = await this.#test();
    this.log.info(`done: ${this.total} steps; ${this.options.out} holds the checkpoints, predictions and pictures`);
    return this.#result(interrupted, test);
  }

  /** All steps are done, or all epochs (fewer steps where bad images emptied batches). */
  get #finished(): boolean {
    return this.#step >= this.total || this.#epoch > this.options.config.epochs;
  }

  async close(): Promise<void> {
    this.progress.stop();
    await this.loader.close();
    this.metrics.close();
    this.learner.dispose();
  }

  /** Trains to the epoch's end. @returns false when the run's last step, or a signal, came first */
  async #epochOfSteps(): Promise<boolean> {
    const { config, stop } = this.options;
    let cut = false;
    for await (const batch of this.loader.batches(this.#epoch, this.#batchInEpoch)) {
      this.#takeStep(batch);
      this.#batchInEpoch = batch.index + 1;
      await this.#drain(STEPS_IN_FLIGHT);
      if (config.checkpoint_every > 0 && this.#step % config.checkpoint_every === 0) await this.#save();
      cut = this.#step >= this.total || stop?.aborted === true;
      if (cut) break;
    }
    await this.#drain();
    return !cut || this.#batchInEpoch >= this.loader.batchesPerEpoch;
  }

  #takeStep(batch: Batch): void {
    const { gpu, config } = this.options;
    const settings: LossSettings = {
      batch: batch.examples.length,
      limbWeight: limbWeight(config, this.#epoch),
      partWeight: config.weight_g61,
      norm: config.loss_norm,
    };
    const lr = learningRate(config, this.#epoch);
    const begun = performance.now();
    this.learner.step(batchParts(gpu, this.source, config, batch, this.perPass), settings, lr);
    this.#step++;
    const outcome = this.learner.outcome();
    outcome.catch(() => undefined); // reported when it is drained
    this.#inFlight.push({ step: this.#step, epoch: this.#epoch, batch, settings, lr, begun, outcome });
  }

  /** Waits until at most `most` steps are under way, recording each that ends. */
  async #drain(most = 0): Promise<void> {
    while (this.#inFlight.length > most) {
      const { step, epoch, batch, settings, lr, begun, outcome } = this.#inFlight[0];
      const { losses, ok, gradNorm } = await outcome;
      if (!ok) await this.#refuse(this.#inFlight[0]);
      this.#inFlight.shift();
      const now = performance.now();
      const ms = now - Math.max(begun, this.#lastEnd);
      this.#lastEnd = now;
      this.#lastLoss = losses.loss;
      const imagesPerSecond = (1000 * batch.examples.length) / ms;
      this.metrics.append({
        step,
        epoch,
        ...losses,
        lr,
        limb_weight: settings.limbWeight,
        grad_norm: gradNorm,
        ms: Math.round(ms * 100) / 100,
        images: batch.examples.length,
      });
      this.progress.update({ step, epoch: epoch - 1, loss: losses.loss, imagesPerSecond });
    }
  }

  /** A step was not finite: its weights are as they were; names the layer, and ends the run. */
  async #refuse({ step, batch, settings }: InFlight): Promise<never> {
    const { gpu, config, out } = this.options;
    const parts = () => batchParts(gpu, this.source, config, batch, this.perPass);
    const where = await findNonFinite(this.learner, parts, settings);
    const names = batch.examples.map((e) => e.name).join(", ");
    const kept = existsSync(join(out, FILES.last)) ? `the last good checkpoint is ${FILES.last}` : "no checkpoint yet";
    const line = `step ${step}: the loss or a gradient is not finite, first in ${where} (images ${names}); no weight was changed, ${kept}`;
    this.log.warn(line);
    throw new UserError(line);
  }

  async #save(name: string = FILES.last): Promise<void> {
    await this.#drain();
    this.metrics.sync();
    const { gpu, config, out } = this.options;
    await saveCheckpoint(join(out, name), {
      adapter: gpu.adapter.name,
      epoch: this.#epoch,
      step: this.#step,
      stepInEpoch: this.#batchInEpoch,
      seed: config.seed,
      rng: null, // every random choice is a function of (seed, epoch), see rng.ts
      bestScore: this.#best,
      config,
      parameters: await readParameters(this.learner),
    });
  }

  async #validate(): Promise<void> {
    const { config, out } = this.options;
    const result = await this.#evaluate("valid");
    this.#valid = result;
    const score = result.scores.original.pck[String(config.select_threshold)];
    const better = this.#best === null || score > this.#best;
    this.log.info(
      `epoch ${this.#epoch}: valid loss ${result.loss.toFixed(6)} (best constant maps ${result.constantLoss.toFixed(6)}), ` +
        `PCK@${config.select_threshold} ${score.toFixed(4)} ` +
        `(mean pose ${result.scores.meanPose.original[String(config.select_threshold)].toFixed(4)})${better ? ", best so far" : ""}`,
    );
    await writeEvaluation(out, result, { epoch: this.#epoch, step: this.#step });
    await writeSamples(
      this.options,
      this.learner.network,
      this.source,
      `epoch_${String(this.#epoch).padStart(3, "0")}`,
    );
    if (better) {
      this.#best = score;
      await this.#save(FILES.best);
    }
    this.#lastEnd = performance.now();
  }

  /** The test split by the best checkpoint, as the original ends its runs. */
  async #test(): Promise<Evaluation> {
    const { out, config } = this.options;
    const path = join(out, FILES.best);
    loadWeights(this.learner.network.parameters, loadCheckpoint(path, { weightsOnly: true }).parameters, path);
    const result = await this.#evaluate("test");
    await writeEvaluation(out, result, { epoch: this.#epoch, step: this.#step });
    for (const t of config.pck_thresholds) {
      const [ours, mean] = [result.scores.original.pck[String(t)], result.scores.meanPose.original[String(t)]];
      this.log.info(`test PCK@${t} ${ours.toFixed(4)} (mean pose ${mean.toFixed(4)})`);
    }
    return result;
  }

  #evaluate(split: "valid" | "test"): Promise<Evaluation> {
    const { gpu, config } = this.options;
    return evaluate({
      gpu,
      network: this.learner.network,
      config,
      source: this.source,
      dataset: this.source.split(split),
      meanPose: this.#meanPose,
      imagesPerPass: this.perPass,
    });
  }

  #result(interrupted: boolean, test: Evaluation | null): TrainResult {
    const [out, steps, epoch] = [this.options.out, this.#step, this.#epoch];
    return { out, steps, epoch, interrupted, lastLoss: this.#lastLoss, valid: this.#valid, test };
  }

  async #announce(trainedOn: string | null, resume: boolean): Promise<void> {
    const { gpu, config, notes = [] } = this.options;
    const { log, learner, source } = this;
    log.info(`${config.name}: ${config.model}, ${learner.network.parameters.count.toLocaleString("en")} parameters`);
    log.info(`adapter: ${gpu.adapter.kind}, ${gpu.adapter.name}`);
    const sizes = (["train", "valid", "test"] as const).map((s) => `${source.split(s).size} ${s}`);
    log.info(
      `images: ${sizes.join(", ")}; ${this.total} steps of batch ${config.batch_size} at ${config.image_size} px`,
    );
    for (const note of [...notes, ...source.notes]) log.info(`note: ${note}`);
    if (this.perPass < config.batch_size) {
      log.info(`note: a batch is split into passes of at most ${this.perPass} images; gradients add up exactly`);
    }
    if (resume && trainedOn === null) log.info("nothing to resume yet: starting from the beginning");
    if (trainedOn !== null) {
      log.info(`resumed at step ${this.#step}`);
      if (trainedOn !== gpu.adapter.name) {
        log.warn(`the checkpoint was trained on ${trainedOn}; on this adapter the run goes on, but not bit for bit`);
      }
    }
  }
}

/** Settings that change what a run computes only in how far it goes or what it writes; all others must match. */
const FREE_ON_RESUME = new Set([
  "name",
  "data_root",
  "epochs",
  "max_steps",
  "minutes",
  "validate_every",
  "checkpoint_every",
  "samples",
  "prefetch",
  "cache_mb",
  "skip_bad",
  "pck_thresholds",
  "select_threshold",
  "micro_batch",
  "init",
  "backbone",
]);

/** The number of steps that the run's beginning fixed from its measured pace; null where it left no record. */
function recordedSteps(out: string): number | null {
  const path = join(out, FILES.config);
  if (!existsSync(path)) return null;
  return resolveConfig(parseJson(readText(path, "the run's configuration"), path), path).config.max_steps;
}

/** The checkpoint to go on from, or null for a fresh run. @throws UserError when the folder does not fit the request */
function openCheckpoint({ out, resume, config }: TrainOptions) {
  const path = join(out, FILES.last);
  if (!existsSync(path)) return null;
  if (!resume) {
    throw new UserError(`${out} already holds a run; go on with --resume, or choose another --out`);
  }
  const checkpoint = loadCheckpoint(path);
  const { config: before } = resolveConfig(checkpoint.config, `${path}: its configuration`);
  for (const key of Object.keys(config) as (keyof Config)[]) {
    if (FREE_ON_RESUME.has(key) || JSON.stringify(before[key]) === JSON.stringify(config[key])) continue;
    throw new UserError(
      `${path}: it was trained with ${key} ${JSON.stringify(before[key])}, this run asks for ${JSON.stringify(config[key])}`,
    );
  }
  return checkpoint;
}
