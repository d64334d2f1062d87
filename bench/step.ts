import type { Gpu } from "../engine/core/gpu";
import type { Config } from "../train/config/resolve";
import { demand, reasonOf, relativeError } from "./check";
import { type Conditions, conditions, ourVersion } from "./conditions";
import type { StepContender } from "./contender";
import { type FirstStep, type FirstStepCommand, firstStepCold } from "./first-step";
import { type Ours, openOurs } from "./ours";
import { loadTfjs } from "./peers/load";
import { makeProblem, type Problem } from "./problem";
import { profileStep, type StepProfile } from "./profile";
import { interleave, type Timing } from "./statistics";

/** One contender's figures; times in milliseconds, medians of interleaved runs. */
export interface StepFigures {
  step_ms: number;
  forward_ms: number;
  /** First step of a fresh process without shader caches; null when not measured. */
  first_ms: number | null;
  /** Bytes of GPU buffers at most alive at a time: in that fresh process, else here, with what comparing took. */
  peak_bytes: number;
  /** The least that a step's buffers could do with, see StepMemory; null for a peer. */
  least_bytes: number | null;
  images_per_s: number;
  timing: { step: Timing; forward: Timing };
}

export interface PeerStepFigures extends StepFigures {
  version: string;
  /** Theirs over ours: how many times faster we are. */
  ratio_step: number;
  ratio_forward: number;
  ratio_first: number | null;
  /** How far its numbers lie from ours. */
  agreement: Agreement;
}

export interface StepResult extends StepFigures, Conditions {
  kind: "step";
  network: { model: string; width: number; image_size: number; batch_size: number; parameters: number };
  /** CPU time to record and submit one step. */
  encode_ms: number;
  /** Pipelines compiled for the step. */
  pipelines: number;
  profile: StepProfile | null;
  peers: Record<string, PeerStepFigures>;
  /** Peers (or their first step) that are not timed, and why: they compute something else, or fail. */
  refused: Record<string, string>;
}

export interface StepOptions {
  gpu: Gpu;
  config: Config;
  peers: readonly "tfjs"[];
  rounds: number;
  /** How to measure first steps; null leaves them out. */
  first: FirstStepCommand | null;
  /** Says what is being done. */
  note?: (line: string) => void;
}

/** Times the whole training step and the forward pass, each peer's beside ours. */
export async function benchStep({
  gpu,
  config,
  peers,
  rounds,
  first,
  note = () => {},
}: StepOptions): Promise<StepResult> {
  note("preparing weights, images and target maps");
  const problem = await makeProblem(gpu, config);
  const ours = openOurs(gpu, problem, ourVersion);
  const rivals: StepContender[] = [];
  const agreements: Agreement[] = [];
  const refused: StepResult["refused"] = {};
  const refuse = (what: string) => (error: unknown) => {
    refused[what] = reasonOf(error);
    note(`${what}: ${refused[what]}`);
    return null;
  };
  try {
    for (const peer of peers) {
      note(`loading ${peer} and comparing its numbers with ours`);
      try {
        const rival = await (await loadTfjs()).openTfjsStep(gpu, problem);
        rivals.push(rival);
        agreements.push(await agree(ours, rival));
      } catch (error) {
        refuse(peer)(error);
        if (rivals.length > agreements.length) await rivals.pop()!.close();
      }
    }
    note(`timing ${rounds} rounds`);
    const all = [ours, ...rivals];
    const step = await interleave(
      all.map((c) => () => c.step()),
      rounds,
    );
    const forward = await interleave(
      all.map((c) => () => c.forward()),
      rounds,
    );
    const firsts: (FirstStep | null)[] = [];
    for (const { name } of all) {
      if (first) note(`first step of ${name} in a fresh process`);
      firsts.push(
        first && (await firstStepCold(first, name as "nsrm" | "tfjs").catch(refuse(`first step of ${name}`))),
      );
    }
    const figures = all.map(
      (c, i): StepFigures => ({
        step_ms: step[i].median,
        forward_ms: forward[i].median,
        first_ms: firsts[i]?.first_ms ?? null,
        peak_bytes: firsts[i]?.peak_bytes ?? c.peakBytes(),
        least_bytes: c.memory()?.least ?? null,
        images_per_s: (1000 * config.batch_size) / step[i].median,
        timing: { step: step[i], forward: forward[i] },
      }),
    );
    const [mine, ...theirs] = figures;
    const encode = await encodeTime(gpu, ours);
    return {
      kind: "step",
      ...mine,
      encode_ms: encode,
      pipelines: ours.pipelines(),
      network: describe(problem),
      ...conditions(gpu, Object.fromEntries(rivals.map((r) => [r.name, r.version]))),
      profile: await profileStep(gpu, ours.record),
      peers: Object.fromEntries(
        rivals.map((r, i) => [
          r.name,
          { version: r.version, ...theirs[i], ...ratios(mine, theirs[i]), agreement: agreements[i] },
        ]),
      ),
      refused,
    };
  } finally {
    for (const c of [...rivals, ours]) await c.close();
  }
}

const ratios = (mine: StepFigures, theirs: StepFigures) => ({
  ratio_step: theirs.step_ms / mine.step_ms,
  ratio_forward: theirs.forward_ms / mine.forward_ms,
  ratio_first: theirs.first_ms !== null && mine.first_ms !== null ? theirs.first_ms / mine.first_ms : null,
});

/** Differences relative to ours. */
export interface Agreement {
  loss: number;
  /** The worst gradient's, relative to its absmax. */
  gradient: number;
  /** Loss after one update. */
  next_loss: number;
}

/** A ReLU near zero may open in one and not in the other, which moves a gradient by more than rounding does. */
const TOLERANCE: Agreement = { loss: 1e-4, gradient: 2e-3, next_loss: 1e-2 };

/**
 * Compares loss and gradients from the same weights, then the loss after one Adam step. That step moves every weight by
 * about the learning rate in its gradient's direction, however small the gradient: hence the last tolerance.
 */
async function agree(ours: StepContender, peer: StepContender): Promise<Agreement> {
  const [mine, theirs] = [await ours.gradients(), await peer.gradients()];
  const errors = [...mine.gradients].map(([name, g]) =>
    relativeError(g, theirs.gradients.get(name) ?? new Float32Array()),
  );
  await ours.step();
  await peer.step();
  const [next, peerNext] = [await ours.step(), await peer.step()];
  const difference = (a: number, b: number) => relativeError(Float32Array.of(a), Float32Array.of(b));
  const found: Agreement = {
    loss: difference(mine.loss, theirs.loss),
    gradient: Math.max(...errors),
    next_loss: difference(next, peerNext),
  };
  demand(peer.name, "the loss", found.loss, TOLERANCE.loss);
  demand(peer.name, "a gradient", found.gradient, TOLERANCE.gradient);
  demand(peer.name, "the loss after one step", found.next_loss, TOLERANCE.next_loss);
  return found;
}

/** Time that recording and submitting a step keeps this thread busy: the least of several, with the GPU idle before. */
async function encodeTime(gpu: Gpu, ours: Ours): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 5; i++) {
    await gpu.finish();
    const begun = performance.now();
    ours.record();
    gpu.commands.submit();
    least = Math.min(least, performance.now() - begun);
  }
  await gpu.finish();
  return least;
}

function describe({ config, weights }: Problem): StepResult["network"] {
  const parameters = [...weights.values()].reduce((sum, w) => sum + w.length, 0);
  const { model, width, image_size, batch_size } = config;
  return { model, width, image_size, batch_size, parameters };
}
