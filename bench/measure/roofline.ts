import type { Gpu } from "../../engine/index";
import { kernels } from "../../kernels/index";
import { type Conditions, conditions } from "./conditions";
import { milliseconds, summarise, type Timed } from "./statistics";

/** An adapter's limits as measured; what no kernel on it can exceed. */
export interface Roofline {
  /** Multiply-adds in registers, two FLOPs each. */
  fma_gflops: number;
  /** Bytes read from a buffer beyond the caches, by vec4 and by scalar. */
  load_vec4_gbs: number;
  load_scalar_gbs: number;
  /** Loads issued from a buffer of 32 KiB, which stays in the nearest cache, in 10^9 a second. */
  cached_vec4_gloads: number;
  cached_scalar_gloads: number;
  /** Bytes read from workgroup memory by vec4. */
  shared_gbs: number;
  /** One more dispatch among many. */
  dispatch_us: number;
  /** One more submit of a single dispatch, beyond the dispatch itself. */
  submit_us: number;
  /** Waiting for a queue with one small dispatch. */
  fence_us: number;
}

export interface RooflineResult extends Roofline, Conditions {
  kind: "roofline";
}

const WG = 64;
const ROUNDS = 7;

export async function benchRoofline(gpu: Gpu): Promise<RooflineResult> {
  return { kind: "roofline", ...(await measureRoofline(gpu)), ...conditions(gpu) };
}

/**
 * Measures all limits; some seconds on a software driver.
 * @param enoughMs how long a measurement takes: far beyond the cost of a submit and a fence
 */
export async function measureRoofline(gpu: Gpu, enoughMs = 40): Promise<Roofline> {
  const groups = gpu.adapter.kind === "gpu" ? 8192 : 64;
  const invocations = groups * WG;
  const y = gpu.empty([invocations]);
  try {
    /** Work done a second: `record(n)` does `perUnit * n`; n grows until a run takes long enough. */
    const rate = async (perUnit: number, record: (n: number) => void): Promise<number> => {
      const timed =
        (n: number): Timed =>
        async () => {
          record(n);
          await gpu.finish();
        };
      await timed(8)();
      let n = 8;
      while ((await milliseconds(timed(n))) < enoughMs && n < 2 ** 26) n *= 2;
      const samples: number[] = [];
      for (let i = 0; i < ROUNDS; i++) samples.push(await milliseconds(timed(n)));
      return (perUnit * n) / (summarise(samples).min / 1e3);
    };

    const fmaRate = (acc: number) =>
      rate(invocations * 8 * acc, (iterations) =>
        gpu.dispatch({
          kernel: kernels.probe_fma,
          params: { ACC: acc },
          constants: { WG },
          uniforms: { iterations, m: 0.999, c: 0.001 },
          bindings: { y },
          workgroups: [groups],
        }),
      );
    const loadRate = async (width: 1 | 4, bytes: number) => {
      const span = bytes / (4 * width);
      const x = gpu.zeros([bytes / 4]);
      const loads = await rate(invocations, (n) =>
        gpu.dispatch({
          kernel: kernels.probe_load,
          params: { WIDTH: width },
          constants: { WG },
          uniforms: { loads: n, mask: span - 1 },
          bindings: { x, y },
          workgroups: [groups],
        }),
      );
      x.dispose();
      return loads;
    };
    const most = Math.min(gpu.limits.maxStorageBufferBindingSize, 2 ** 28);
    const large = 2 ** Math.floor(Math.log2(most));
    const small = 2 ** 15;
    return {
      fma_gflops: Math.max(await fmaRate(4), await fmaRate(8), await fmaRate(16)) / 1e9,
      load_vec4_gbs: (16 * (await loadRate(4, large))) / 1e9,
      load_scalar_gbs: (4 * (await loadRate(1, large))) / 1e9,
      cached_vec4_gloads: (await loadRate(4, small)) / 1e9,
      cached_scalar_gloads: (await loadRate(1, small)) / 1e9,
      shared_gbs:
        (await rate(invocations * 16, (loads) =>
          gpu.dispatch({ kernel: kernels.probe_shared, uniforms: { loads }, bindings: { y }, workgroups: [groups] }),
        )) / 1e9,
      ...(await commandCosts(gpu)),
    };
  } finally {
    y.dispose();
    gpu.trim(); // the large probes would otherwise count in what is measured next
  }
}

/** Costs that do not depend on a kernel's work, as slopes over many. */
async function commandCosts(gpu: Gpu): Promise<Pick<Roofline, "dispatch_us" | "submit_us" | "fence_us">> {
  const y = gpu.empty([WG]);
  const one = () =>
    gpu.dispatch({
      kernel: kernels.probe_fma,
      params: { ACC: 4 },
      constants: { WG },
      uniforms: { iterations: 0, m: 1, c: 0 },
      bindings: { y },
      workgroups: [1],
    });
  const least = async (count: number, each: () => void) => {
    const samples: number[] = [];
    for (let round = 0; round <= ROUNDS; round++) {
      samples.push(
        await milliseconds(async () => {
          for (let i = 0; i < count; i++) each();
          await gpu.finish();
        }),
      );
    }
    return summarise(samples.slice(1)).min * 1e3;
  };
  const slope = async (each: () => void) => (await least(1024, each)) - (await least(256, each));
  const dispatch = (await slope(one)) / 768;
  const submit =
    (await slope(() => {
      one();
      gpu.commands.submit();
    })) / 768;
  const fence = await least(1, one);
  y.dispose();
  return { dispatch_us: Math.max(0, dispatch), submit_us: Math.max(0, submit - dispatch), fence_us: fence };
}
