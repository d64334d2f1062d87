import { type ParameterSpec, type Parameters, UserError } from "../../engine/index";
import type { Checkpoint, ParameterState } from "../files/index";
import type { Learner } from "./learner";

/** Reads every parameter and its moments back. Waits for all steps recorded so far. */
export async function readParameters(learner: Learner): Promise<Map<string, ParameterState>> {
  const { parameters } = learner.network;
  // One read-back for each arena: hundreds of small ones cost far more than their bytes.
  const [values, expAvg, expAvgSq] = await Promise.all(
    [parameters.values, parameters.moment1, parameters.moment2].map((arena) => parameters.readArena(arena)),
  );
  const states = new Map<string, ParameterState>();
  for (const { name, shape } of parameters.specs) {
    const moments = { expAvg: expAvg.get(name)!, expAvgSq: expAvgSq.get(name)! };
    states.set(name, { shape, value: values.get(name)!, moments });
  }
  return states;
}

/**
 * Puts a checkpoint's parameters, and its optimizer's state where it has one, into a learner.
 * @throws UserError naming the first parameter that is missing, unknown or of another shape
 */
export function restoreLearner(learner: Learner, checkpoint: Checkpoint, source: string): void {
  const { parameters } = learner.network;
  loadWeights(parameters, checkpoint.parameters, source);
  for (const [name, { moments }] of checkpoint.parameters) {
    if (!moments)
      throw new UserError(`${source}: holds no optimizer state for "${name}"; training cannot go on from it`);
    learner.gpu.write(parameters.slice(parameters.moment1, name), moments.expAvg);
    learner.gpu.write(parameters.slice(parameters.moment2, name), moments.expAvgSq);
  }
  learner.adam.restart(checkpoint.step, checkpoint.lossScale ?? null);
}

/** Loads weights by name. @throws UserError naming the first parameter that is missing, unknown or of another shape */
export function loadWeights(parameters: Parameters, stored: Map<string, ParameterState>, source: string): void {
  expectWeights(parameters.specs, stored, source);
  for (const [name, { value }] of stored) parameters.load(name, value);
}

/** @throws UserError naming the first parameter that is missing, unknown or of another shape */
export function expectWeights(
  specs: readonly ParameterSpec[],
  stored: ReadonlyMap<string, ParameterState>,
  source: string,
): void {
  for (const { name, shape } of specs) {
    const state = stored.get(name);
    if (!state) throw new UserError(`${source}: it has no parameter "${name}"; is it another network?`);
    if (state.shape.join() !== shape.join()) {
      throw new UserError(
        `${source}: "${name}" is [${state.shape.join(", ")}]; this network's is [${shape.join(", ")}]`,
      );
    }
  }
  const known = new Set(specs.map(({ name }) => name));
  for (const name of stored.keys()) {
    if (!known.has(name)) throw new UserError(`${source}: "${name}" is no parameter of this network`);
  }
}
