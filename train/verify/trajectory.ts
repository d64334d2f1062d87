import { type Gpu, UserError } from "../../engine/index";
import type { NamedArray, SafetensorsFile } from "../../model/files/node";
import { checkLosses, expectShape, type Fixture, loadParameters, openFixture } from "./fixture";
import { replayGradients, tieNotes } from "./gradients";
import { type Check, check, relativeToAbsmax, type VerifyReport } from "./report";

/** A ReLU at zero may flip between two implementations, so gradients from a stored state get more room. */
const GRADIENT_LIMIT = 2e-3;
const PARAMETER_LIMIT = 2e-6;
const PARAMETERS_WITHIN = 0.995;

/**
 * Replays a trajectory fixture: one step from each stored state, which is the sharp test, then the whole run from the
 * first state, which shows that nothing drifts.
 * @param dump receives our `stateS.grad.*`, `stateS.next.*` and `loss`
 */
export async function verifyTrajectory(gpu: Gpu, file: SafetensorsFile, dump: NamedArray[]): Promise<VerifyReport> {
  const fixture = openFixture(gpu, file);
  const { learner } = fixture;
  try {
    const states = storedStates(file);
    const checks: Check[] = [];
    const notes: string[] = [];
    for (const state of states) checks.push(...(await stepFrom(fixture, state, dump, notes)));
    await loadState(fixture, states[0]);
    const ours: number[] = [];
    checks.push(
      ...(await checkLosses(fixture, states[0], async () => {
        ours.push((await learner.outcome()).losses.loss);
      })),
    );
    dump.push({ name: "loss", shape: [ours.length], data: Float32Array.from(ours) });
    return { kind: "trajectory", file: file.path, checks, notes, ok: checks.every((c) => c.ok) };
  } finally {
    learner.dispose();
  }
}

function storedStates(file: SafetensorsFile): number[] {
  const found = new Set(file.names.map((n) => /^state(\d+)\.param\./.exec(n)?.[1]).filter((s) => s !== undefined));
  if (found.size === 0) throw new UserError(`${file.path}: holds no 'stateS.param.*' tensors`);
  return [...found].map(Number).sort((a, b) => a - b);
}

async function loadState(fixture: Fixture, state: number): Promise<void> {
  const { learner, file } = fixture;
  const { parameters } = learner.network;
  loadParameters(fixture, `state${state}.param.`);
  for (const { name, shape } of parameters.specs) {
    for (const [arena, moment] of [
      [parameters.moment1, `state${state}.exp_avg.${name}`],
      [parameters.moment2, `state${state}.exp_avg_sq.${name}`],
    ] as const) {
      expectShape(file, moment, shape);
      learner.gpu.write(parameters.slice(arena, name), file.f32(moment));
    }
  }
  learner.adam.restart(state, null);
  learner.adam.reset();
}

async function stepFrom(fixture: Fixture, state: number, dump: NamedArray[], notes: string[]): Promise<Check[]> {
  const { learner, file, config } = fixture;
  const { parameters } = learner.network;
  await loadState(fixture, state);
  const stored = (name: string) => file.f32(`state${state}.grad.${name}`);
  const { gradients, flipped } = await replayGradients(fixture, stored, GRADIENT_LIMIT);
  notes.push(...tieNotes(`state${state}`, flipped));
  for (const [name, values] of gradients) learner.gpu.write(parameters.slice(parameters.gradients, name), values);
  learner.update(config.learning_rate);
  const checks: Check[] = [];
  let [worst, far, count] = [0, 0, 0];
  for (const { name, shape } of parameters.specs) {
    const grad = gradients.get(name)!;
    const next = await parameters.get(name).data();
    const names = { grad: `state${state}.grad.${name}`, next: `state${state}.next.${name}` };
    for (const stored of Object.values(names)) expectShape(file, stored, shape);
    dump.push({ name: names.grad, shape: [...shape], data: grad });
    dump.push({ name: names.next, shape: [...shape], data: next });
    const error = relativeToAbsmax(grad, file.f32(names.grad));
    checks.push(check(names.grad, "max difference / absmax", error, GRADIENT_LIMIT));
    const want = file.f32(names.next);
    for (let i = 0; i < want.length; i++) {
      const d = Math.abs(next[i] - want[i]);
      worst = Math.max(worst, Number.isNaN(d) ? Number.POSITIVE_INFINITY : d);
      if (!(d <= PARAMETER_LIMIT)) far++;
    }
    count += want.length;
  }
  const share = `share of parameters further than ${PARAMETER_LIMIT}`;
  checks.push(check(`state${state}.next`, "max difference", worst, 2 * config.learning_rate));
  checks.push(check(`state${state}.next`, share, far / count, 1 - PARAMETERS_WITHIN));
  return checks;
}
