import { quietly } from "../../engine/errors/index";
import type { Gpu } from "../../engine/index";
import { type Budget, openPhases, type Phase, Plan } from "../course/index";
import { openSource } from "../source/node";
import { createLearner, type Learner } from "../step/index";
import { measurePace } from "./pace";

/** A network, not yet initialised, and the plan by which it is trained. */
export interface Ready {
  learner: Learner;
  plan: Plan;
}

/**
 * Opens what an experiment trains and on what, its number of steps settled. Where its minutes decide on that, as many steps
 * are planned as fit them on this adapter; where these are few, the experiment's variant for that case is taken instead.
 * @param notes what there is to say of it goes here @param stop ends a measurement: its reason is thrown
 */
export async function settle(gpu: Gpu, budget: Budget, notes: string[], stop?: AbortSignal): Promise<Ready> {
  if (!budget.open) {
    const { learner, phases } = setUp(gpu, budget);
    return { learner, plan: new Plan(budget, phases) };
  }
  const begun = performance.now();
  const usual = await fitMinutes(gpu, budget, begun, stop);
  const { total, main } = usual.plan;
  if (!budget.isShort(total, main.loader.batchesPerEpoch)) return usual;
  await letGo(usual);
  notes.push(budget.whySlow(total));
  return fitMinutes(gpu, budget.slow!, begun, stop);
}

/** Plans as many steps as fit the experiment's minutes, of which those since `begun` are gone. */
async function fitMinutes(gpu: Gpu, budget: Budget, begun: number, stop?: AbortSignal): Promise<Ready> {
  const { learner, phases } = setUp(gpu, budget);
  try {
    const stepMs = await measurePace(learner, budget, phases, stop);
    const { batchesPerEpoch } = phases[phases.length - 1].loader;
    const fitting = budget.fit({ stepMs, spentMs: performance.now() - begun }, batchesPerEpoch);
    return { learner, plan: new Plan(fitting, phases) };
  } catch (error) {
    await quietly(() => letGo({ learner, plan: new Plan(budget, phases) }));
    throw error;
  }
}

function setUp(gpu: Gpu, budget: Budget): { learner: Learner; phases: Phase[] } {
  const phases = openPhases(gpu, budget, (config) => openSource({ gpu, config }));
  return { learner: createLearner(gpu, budget.experiment), phases };
}

/** Gives all memory back: what comes next has other shapes, if anything comes. */
export async function letGo({ learner, plan }: Ready): Promise<void> {
  await plan.close();
  learner.dispose();
  learner.gpu.trim();
}
