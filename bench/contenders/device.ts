import { openGpu } from "../../engine/adapters/node";
import type { Gpu } from "../../engine/index";
import type { PeerDevice } from "../contract/index";
import { BufferMeter } from "../measure/index";

/** A peer's device as the benchmark holds it. */
export interface MeteredDevice extends PeerDevice {
  readonly meter: BufferMeter;
  close(): Promise<void>;
}

/**
 * Opens another device on the same adapter and lets `navigator.gpu` hand it out, which is where the peers look for one.
 * It has the limits and features that the peers ask for, and more.
 * @throws Error when the driver offers another adapter than before
 */
export async function openPeerDevice(ours: Gpu): Promise<MeteredDevice> {
  const gpu = await openGpu({ adapter: ours.adapter.kind });
  if (gpu.adapter.name !== ours.adapter.name) {
    await gpu.close();
    throw new Error(`the peer was given ${gpu.adapter.name}, we run on ${ours.adapter.name}`);
  }
  const { device } = gpu;
  const info = device.adapterInfo;
  const adapter = { info, features: device.features, limits: device.limits, requestDevice: async () => device };
  const navigator = (globalThis as { navigator?: object }).navigator ?? installNavigator();
  Object.defineProperty(navigator, "gpu", { configurable: true, value: { requestAdapter: async () => adapter } });
  return {
    device,
    info,
    check: () => gpu.commands.check(),
    meter: new BufferMeter(device),
    close: () => gpu.close(),
  };
}

/** Node 20 has no `navigator`. */
function installNavigator(): object {
  const navigator = { userAgent: "Node.js" };
  Object.defineProperty(globalThis, "navigator", { configurable: true, value: navigator });
  return navigator;
}
