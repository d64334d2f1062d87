import { wait } from "../../../engine/device/index";
import "@tensorflow/tfjs-core/dist/register_all_gradients"; // the package itself registers none
import { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import * as tf from "@tensorflow/tfjs-core";
import type { PeerDevice } from "../../contract/index";

export interface TfjsBackend {
  /** Reads a tensor back, waited on as ours are. */
  read(t: tf.Tensor): Promise<Float32Array>;
  close(): void;
}

const NAME = "webgpu";

/** The backend keeps its own name, under which its kernels are registered; one can be open at a time. */
export async function openBackend({ device, info, check }: PeerDevice): Promise<TfjsBackend> {
  if (tf.findBackendFactory(NAME)) tf.removeBackend(NAME); // it registers itself where it finds a navigator.gpu at import
  tf.registerBackend(NAME, () => new WebGPUBackend(device, info as unknown as GPUAdapterInfo));
  await tf.setBackend(NAME);
  return {
    async read(t) {
      const values = await wait(t.data<"float32">());
      check();
      return values;
    },
    close: () => tf.removeBackend(NAME),
  };
}
