import { openGpu } from "../engine/adapters/node";
import type { Gpu } from "../engine/gpu";
import { useTuning } from "../train/files/tuning";

/** Runs `body` with an open GPU and closes it whatever happens, so that the process ends by itself. */
export async function withGpu<T>(adapter: string | undefined, body: (gpu: Gpu) => Promise<T>): Promise<T> {
  const gpu = await openGpu({ adapter });
  try {
    return await body(gpu);
  } finally {
    await gpu.close();
  }
}

/** `withGpu` for what runs networks: convolutions take this adapter's tuned kernels, as in training. */
export function withTunedGpu<T>(adapter: string | undefined, body: (gpu: Gpu) => Promise<T>): Promise<T> {
  return withGpu(adapter, (gpu) => {
    const note = useTuning(gpu);
    if (note) console.error(`nsrm: ${note}`);
    return body(gpu);
  });
}
