import { openGpu } from "../../engine/adapters/node";
import type { Gpu } from "../../engine/core/gpu";

let opened: Promise<Gpu> | null = null;

/** The one device that all tests of this process share (NSRM_ADAPTER chooses the driver). */
export function testGpu(): Promise<Gpu> {
  opened ??= openGpu().then((gpu) => {
    console.log(`    adapter: ${gpu.adapter.kind}, ${gpu.adapter.name}`);
    return gpu;
  });
  return opened;
}

export async function closeTestGpu(): Promise<void> {
  if (opened) await (await opened).close();
}
