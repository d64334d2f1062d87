import type { Gpu } from "../../engine/index";
import type { Config } from "../../train/config/index";
import { type Opening, type OurStep, openOurStep, openRivals, type Rival } from "../contenders/index";
import type { Problem, StepContender } from "../contract/index";
import {
  type Conditions,
  conditions,
  interleave,
  profileStep,
  reasonOf,
  type StepProfile,
  type Timing,
} from "../measure/index";
import type { ListedPeer } from "../peers/index";
import { OURS } from "../peers/index";
import { type Agreement, agree } from "./agreement";
import { type FirstStep, type FirstStepCommand, firstStepCold } from "./first-step";
import { makeProblem } from "./problem";

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
  /** Peers that have no training step; figures of before do not say. */
  without?: string[];
}

export interface StepOptions {
  gpu: Gpu;
  config: Config;
  peers: readonly ListedPeer[];
  rounds: number;
  /** How to measure first steps; null leaves them out. */
  first: FirstStepCommand | null;
  /** Says what is being done. */
  note?: (line: string) => void;
}

/** Times the whole training step and the forward pass, each peer's beside ours. */
export async function benchStep(options: StepOptions): Promise<StepResult> {
  const { gpu, config, peers, rounds, first, note = () => {} } = options;
  note("preparing weights, images and target maps");
  const problem = await makeProblem(gpu, config);
  const ours = openOurStep(gpu, problem);
  const opening: Opening<StepContender> = ({ openStep }) => openStep && ((device) => openStep(device, problem));
  const { rivals: opened, without, absent: refused } = await openRivals(gpu, peers, opening, note);
  const refuse = (what: string) => (error: unknown) => {
    refused[what] = reasonOf(error);
    note(`${what}: ${refused[what]}`);
    return null;
  };
  const open = new Set(opened);
  try {
    const rivals: (Rival<StepContender> & { agreement: Agreement })[] = [];
    for (const rival of opened) {
      note(`comparing ${rival.name}'s numbers with ours`);
      const agreement = await agree(ours, rival.name, rival.contender).catch(refuse(rival.name));
      if (agreement) rivals.push({ ...rival, agreement });
      else if (open.delete(rival)) await rival.close();
    }
    note(`timing ${rounds} rounds`);
    const all = [{ name: OURS, contender: ours, peakBytes: ours.peakBytes }, ...rivals];
    const step = await interleave(
      all.map(
        ({ contender }) =>
          () =>
            contender.step(),
      ),
      rounds,
    );
    const forward = await interleave(
      all.map(
        ({ contender }) =>
          () =>
            contender.forward(),
      ),
      rounds,
    );
    const firsts: (FirstStep | null)[] = [];
    for (const { name } of all) {
      if (first) note(`first step of ${name} in a fresh process`);
      firsts.push(first && (await firstStepCold(first, name).catch(refuse(`first step of ${name}`))));
    }
    const [mine, ...theirs] = all.map(
      ({ name, peakBytes }, i): StepFigures => ({
        step_ms: step[i].median,
        forward_ms: forward[i].median,
        first_ms: firsts[i]?.first_ms ?? null,
        peak_bytes: firsts[i]?.peak_bytes ?? peakBytes(),
        least_bytes: (name === OURS && ours.memory()?.least) || null,
        images_per_s: (1000 * config.batch_size) / step[i].median,
        timing: { step: step[i], forward: forward[i] },
      }),
    );
    const encode = await encodeTime(gpu, ours);
    return {
      kind: "step",
      ...mine,
      encode_ms: encode,
      pipelines: ours.pipelines(),
      network: describe(problem),
      ...conditions(gpu, rivals),
      profile: await profileStep(gpu, ours.record),
      peers: Object.fromEntries(
        rivals.map(({ name, version, agreement }, i) => [
          name,
          { version, ...theirs[i], ...ratios(mine, theirs[i]), agreement },
        ]),
      ),
      refused,
      without,
    };
  } finally {
    for (const c of [...open, ours]) await c.close();
  }
}

const ratios = (mine: StepFigures, theirs: StepFigures) => ({
  ratio_step: theirs.step_ms / mine.step_ms,
  ratio_forward: theirs.forward_ms / mine.forward_ms,
  ratio_first: theirs.first_ms !== null && mine.first_ms !== null ? theirs.first_ms / mine.first_ms : null,
});

/** Time that recording and submitting a step keeps this thread busy: the least of several, with the GPU idle before. */
async function encodeTime(gpu: Gpu, ours: OurStep): Promise<number> {
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
