import "@tensorflow/tfjs-core/dist/register_all_gradients"; // the package itself registers none
import { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import * as tf from "@tensorflow/tfjs-core";
import type { Gpu } from "../../engine/core/gpu";
import { wait } from "../../engine/device/wait";
import { openPeerDevice, type PeerDevice } from "./device";

export interface TfjsBackend {
  tf: typeof tf;
  peer: PeerDevice;
  /** Reads a tensor back, waited on as ours are. */
  read(t: tf.Tensor): Promise<Float32Array>;
  close(): Promise<void>;
}

const NAME = "webgpu";

/**
 * tfjs with its WebGPU backend on a device of our adapter. The backend keeps its own name, under which its kernels are
 * registered; one can be open at a time.
 */
export async function openTfjs(ours: Gpu): Promise<TfjsBackend> {
  const peer = await openPeerDevice(ours);
  if (tf.findBackendFactory(NAME)) tf.removeBackend(NAME); // it registers itself where it finds a navigator.gpu at import
  tf.registerBackend(NAME, () => new WebGPUBackend(peer.device, peer.info as unknown as GPUAdapterInfo));
  await tf.setBackend(NAME);
  return {
    tf,
    peer,
    async read(t) {
      const values = await wait(t.data<"float32">());
      peer.gpu.commands.check();
      return values;
    },
    async close() {
      tf.removeBackend(NAME);
      await peer.close();
    },
  };
}

export const version = tf.version_core;
