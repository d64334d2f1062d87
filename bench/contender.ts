/**
 * A library that trains the network of a Problem. All waiting goes through engine/device/wait.ts; every promise resolves when
 * the GPU has finished what was asked.
 */
export interface StepContender {
  name: string;
  version: string;
  /** Loss and gradients (PyTorch's names and layout) of the weights as they are; changes nothing. */
  gradients(): Promise<{ loss: number; gradients: Map<string, Float32Array> }>;
  /** Forward alone, nothing kept for backward; reads the last confidence maps back. */
  forward(): Promise<unknown>;
  /** One training step: forward, loss, backward, Adam; reads the loss back. @returns the loss before the update */
  step(): Promise<number>;
  /** Bytes of GPU buffers at most alive at a time so far. */
  peakBytes(): number;
  /** What a step needs of memory; null where that is not known (a peer, or steps that are not captured). */
  memory(): StepMemory | null;
  close(): Promise<void>;
}

/** A step's memory in bytes. */
export interface StepMemory {
  /** Its own buffers: activations, their gradients, workspaces. */
  step: number;
  /**
   * The least that any assignment of buffers could do with: what is live at the step's worst moment, beside parameters,
   * gradients and moments, and one batch.
   */
  least: number;
}
