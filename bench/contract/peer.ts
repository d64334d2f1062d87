import type { LayerContender } from "./layers";
import type { Problem, StepContender } from "./step";

/**
 * A library that is measured beside us, as its file in bench/peers says it. What it cannot do it leaves out, and the tables
 * have a dash there. Its memory and its first step need nothing of it: they are measured from outside.
 */
export interface Peer {
  readonly version: string;
  /** Its single computations. */
  readonly openLayers?: (device: PeerDevice) => Promise<LayerContender>;
  /** Its whole training step. */
  readonly openStep?: (device: PeerDevice, problem: Problem) => Promise<StepContender>;
}

/** A device of a peer's own on the adapter that ours runs on. `navigator.gpu`, where libraries look, hands it out too. */
export interface PeerDevice {
  readonly device: GPUDevice;
  readonly info: GPUAdapterInfo;
  /** For the end of every wait. @throws GpuError what the GPU has complained of since the last call */
  readonly check: () => void;
}
