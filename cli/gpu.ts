import { type OpenOptions, openGpu } from "../engine/adapters/node";
import { withCleanup } from "../engine/errors/index";
import type { Attempt, Gpu } from "../engine/index";
import { useTuning } from "../train/files/node";

let verbose = false;

/** `--verbose`: what Dawn and the drivers say goes to stderr, where otherwise it is held back. */
export function setVerbose(): void {
  verbose = true;
}

/** Opens an adapter as all commands do. */
export async function openAdapter(options: OpenOptions): Promise<Gpu> {
  const gpu = await openGpu(options);
  tellOf(gpu.attempts);
  return gpu;
}

/** Passes on what was said in a search for adapters, where it was asked for. */
export function tellOf(attempts: readonly Attempt[]): void {
  if (!verbose) return;
  for (const { route, said } of attempts) for (const line of said) console.error(`${route}: ${line}`);
}

/** Runs `body` with an open GPU and closes it whatever happens, so that the process ends by itself. */
export async function withGpu<T>(adapter: string | undefined, body: (gpu: Gpu) => Promise<T>): Promise<T> {
  const gpu = await openAdapter({ adapter });
  return withCleanup(
    () => body(gpu),
    () => gpu.close(),
  );
}

/** `withGpu` for what runs networks: convolutions take this adapter's tuned kernels, as in training. */
export function withTunedGpu<T>(adapter: string | undefined, body: (gpu: Gpu) => Promise<T>): Promise<T> {
  return withGpu(adapter, (gpu) => {
    const note = useTuning(gpu);
    if (note) console.error(`nsrm: ${note}`);
    return body(gpu);
  });
}
