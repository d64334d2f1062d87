import { Gpu, withDefaults } from "../core/index";
import { kindOf, nameOf } from "../device/index";
import { UserError } from "../errors/index";
import { basics } from "../ops/index";

/**
 * Opens the adapter that the browser offers.
 * @param options there are none: which adapter it is, is the browser's choice
 * @throws UserError where the browser has no WebGPU, or no adapter for it
 */
export async function openGpu(options: Record<string, never> = {}): Promise<Gpu> {
  withDefaults("openGpu", options, {});
  const { gpu } = (globalThis as { navigator?: { gpu?: GPU } }).navigator ?? {};
  if (!gpu) throw new UserError("this browser has no WebGPU, or the page was not loaded from localhost or by https");
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) throw new UserError("this browser has WebGPU, but no adapter for it on this machine");
  const attempts = [{ route: "the browser", outcome: nameOf(adapter), found: true, said: [] }];
  return Gpu.open({ adapter, kind: kindOf(adapter), release: () => undefined, attempts, basics });
}
