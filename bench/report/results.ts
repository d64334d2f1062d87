import type { KernelsResult } from "../kernels/index";
import type { RooflineResult } from "../measure/index";
import type { MemoryResult, StepResult, SweepResult } from "../step/index";

/** Every result names the command that measures it again. */
interface Remade {
  command: string;
}

/** What one verb of `bench` writes as JSON. */
export type AnyResult = (RooflineResult | StepResult | MemoryResult | KernelsResult | SweepResult) & Remade;
export type Kind = AnyResult["kind"];
export type ResultOf<K extends Kind> = Extract<AnyResult, { kind: K }>;

/** What a report shows: any number of each kind. */
export type Results = readonly AnyResult[];
