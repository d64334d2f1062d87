import type { Dispatch } from "../../engine/device/index";
import type { Gpu, Params } from "../../engine/index";
import type { Workload } from "./work";

/** One way in which a kernel was dispatched: its parameters, and the dispatch itself, to be done again. */
export interface Variant {
  kernel: string;
  /** "CO=8 LANES=4", or nothing. */
  name: string;
  params: Params;
  dispatch: Dispatch;
}

/** Does the work once and takes down which kernels it dispatches, each variant once. */
export function variantsIn(gpu: Gpu, work: () => void): Variant[] {
  const variants = new Map<string, Variant>();
  gpu.commands.observer = (dispatch) => {
    if (!variants.has(dispatch.label)) variants.set(dispatch.label, variantOf(dispatch));
    return undefined;
  };
  try {
    gpu.scope(work);
  } finally {
    gpu.commands.observer = null;
  }
  return [...variants.values()];
}

/** A program's label is its kernel's name and its parameters. */
function variantOf(dispatch: Dispatch): Variant {
  const [kernel, ...pairs] = dispatch.label.split(" ");
  const params = Object.fromEntries(pairs.map((pair) => pair.split("=")).map(([name, value]) => [name, Number(value)]));
  return { kernel, name: pairs.join(" "), params, dispatch };
}

/** A measurement repeats its dispatch until it takes about this long, so that waiting for the GPU does not count. */
const ENOUGH_MS = 30;
const MOST_REPEATS = 256;
const ROUNDS = 5;

/**
 * Times a kernel's variants in turns, so that whatever else the machine does falls on all alike.
 * @param onTimes is told the medians so far after each round, in milliseconds a dispatch
 */
export async function measureVariants(
  gpu: Gpu,
  variants: readonly Variant[],
  onTimes: (medians: readonly number[]) => void,
): Promise<void> {
  const run = async ({ dispatch }: Variant, times: number) => {
    const begun = performance.now();
    for (let i = 0; i < times; i++) gpu.commands.dispatch(dispatch);
    await gpu.finish();
    return (performance.now() - begun) / times;
  };
  const repeats: number[] = [];
  for (const variant of variants) {
    await run(variant, 1); // compiles
    const once = await run(variant, 1);
    repeats.push(Math.min(MOST_REPEATS, Math.max(1, Math.ceil(ENOUGH_MS / once))));
  }
  const samples: number[][] = variants.map(() => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, variant] of variants.entries()) samples[i].push(await run(variant, repeats[i]));
    onTimes(samples.map(median));
  }
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1];

/** Opens a workload and hands its variants of one kernel to `use`, while its tensors live. */
export async function withVariants(
  gpu: Gpu,
  workload: Workload,
  kernel: string,
  use: (variants: Variant[]) => Promise<void>,
): Promise<void> {
  const closing: (() => void)[] = [];
  try {
    await gpu.scopeAsync(async () => {
      const work = workload.open(gpu, (close) => closing.push(close));
      await use(variantsIn(gpu, work).filter((variant) => variant.kernel === kernel));
    });
  } finally {
    for (const close of closing) close();
    gpu.trim(); // another kernel's work has other shapes
  }
}
