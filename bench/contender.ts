/**
 * A library that trains the network of a Problem. All waiting goes through engine/wait.ts; every promise resolves when
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
  close(): Promise<void>;
}
