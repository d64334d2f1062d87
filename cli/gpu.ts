import { openGpu } from "../engine/adapters/node";
import type { Gpu } from "../engine/gpu";

/** Runs `body` with an open GPU and closes it whatever happens, so that the process ends by itself. */
export async function withGpu<T>(adapter: string | undefined, body: (gpu: Gpu) => Promise<T>): Promise<T> {
  const gpu = await openGpu({ adapter });
  try {
    return await body(gpu);
  } finally {
    await gpu.close();
  }
}
