import type { NetworkSpec } from "../../model/network/index";
import type { Config } from "../../train/config/index";
import type { LossSettings } from "../../train/step/index";

/** One training problem with every number fixed, on the CPU, as each contender gets it. */
export interface Problem {
  config: Config;
  spec: NetworkSpec;
  settings: LossSettings;
  /** Parameter values by name, PyTorch's layout. */
  weights: Map<string, Float32Array>;
  /** [B, 3, S, S], normal with mean 0 and deviation 1 */
  input: Float32Array;
  /** [B, J, S/8, S/8] */
  heat: Float32Array;
  /** [B, L, S/8, S/8]; null for CPM */
  limb: Float32Array | null;
}

/**
 * A library that trains the network of a Problem. All waiting goes through engine/device/wait.ts; every promise resolves when
 * the GPU has finished what was asked.
 */
export interface StepContender {
  /** Loss and gradients (PyTorch's names and layout) of the weights as they are; changes nothing. */
  gradients(): Promise<{ loss: number; gradients: Map<string, Float32Array> }>;
  /** Forward alone, nothing kept for backward; reads the last confidence maps back. */
  forward(): Promise<unknown>;
  /** One training step: forward, loss, backward, Adam; reads the loss back. @returns the loss before the update */
  step(): Promise<number>;
  close(): Promise<void>;
}
