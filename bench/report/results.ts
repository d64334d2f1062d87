import type { KernelsResult } from "../kernels";
import type { RooflineResult } from "../roofline";
import type { StepResult } from "../step";
import type { SweepResult } from "../sweep";

/** Every result names the command that measures it again. */
interface Remade {
  command: string;
}

/** What the verbs of `bench` write as JSON, by their `kind`; a report shows whichever are there. */
export interface Results {
  roofline?: RooflineResult & Remade;
  step?: StepResult & Remade;
  kernels?: KernelsResult & Remade;
  sweep?: SweepResult & Remade;
}

export type AnyResult = NonNullable<Results[keyof Results]>;
