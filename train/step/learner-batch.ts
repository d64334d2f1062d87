import type { Tensor } from "../../engine/index";
import type { Targets } from "./losses";

/** A batch, or a part of one, on the GPU. */
export interface LearnerBatch {
  /** [b, 3, S, S] normalised */
  input: Tensor;
  targets: Targets;
}

/** A part of a batch that is uploaded, or drawn, when its turn comes: in the scope in which it is opened. */
export type MicroBatch = () => LearnerBatch;
