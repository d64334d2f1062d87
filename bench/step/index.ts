/** The whole training step: beside peers, from a cold start, its memory, how it grows, and what feeds it. */

export { benchBatch, benchLoader } from "./data";
export { FIRST_STEP, firstStep } from "./first-step";
export { benchMemory, type MemoryPoint, type MemoryResult, SEGMENTS } from "./memory";
export { STEP_SETS } from "./problem";
export { benchStep, type PeerStepFigures, type StepFigures, type StepResult } from "./step";
export { benchSweep, SWEEP_AXES, type SweepAxes, type SweepResult } from "./sweep";
