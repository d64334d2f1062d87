import * as assert from "uvu/assert";
import type { Gpu } from "../../engine/core/gpu";
import { copyTo } from "../../engine/core/images";
import { withMargin } from "../../engine/core/layout";
import type { Nd } from "../../engine/core/nd";
import { Tensor } from "../../engine/core/tensor";
import type { Dtype } from "../../engine/device/dtype";
import { cast } from "../../engine/ops/cast";
import { testGpu } from "./gpu";

/** Images as a tensor that has `margin` zeros around each in memory. */
export function laidOut(gpu: Gpu, { data, shape }: Nd, margin: number, dtype: Dtype = "f32"): Tensor {
  const x = cast(gpu.tensor(data, shape), dtype);
  const layout = withMargin(shape[2], shape[3], margin);
  return layout ? copyTo(x, shape, layout) : x;
}

/** All that is in a tensor's memory, zeros around images and all. */
export async function inMemory({ gpu, extent, storage, dtype }: Tensor): Promise<Float32Array> {
  const all = new Tensor(gpu, [extent], storage.retain(), dtype);
  try {
    return await all.data();
  } finally {
    all.dispose();
  }
}

/** The memory of images [n, c, h, w] with `margin` zeros, or another value, on every side, rows filled up to whole vec4. */
export function withZeros({ data, shape: [n, c, h, w] }: Nd, margin: number, around = 0): number[] {
  if (margin === 0) return [...data];
  const pitch = Math.ceil((Math.ceil(w / 4) * 4 + 2 * margin) / 4) * 4;
  const memory = new Array<number>(n * c * (h + 2 * margin) * pitch).fill(around);
  for (const [i, v] of data.entries()) {
    const [plane, row, column] = [Math.floor(i / (h * w)), Math.floor(i / w) % h, i % w];
    memory[(plane * (h + 2 * margin) + row + margin) * pitch + column + margin] = v;
  }
  return memory;
}

/** Leaves NaN in free memory, for what is made next and never written to. */
export function spoil(gpu: Gpu, bytes: number, pieces = 8): void {
  const spoilt = Array.from({ length: pieces }, () => gpu.tensor(new Float32Array(bytes / 4).fill(Number.NaN)));
  for (const t of spoilt) t.dispose();
}

export const values = (t: Tensor): Promise<number[]> => t.data().then((all) => [...all]);

/** A test's body in a scope of its own, after which nothing is left. */
export async function scoped(body: (gpu: Gpu) => Promise<void>): Promise<void> {
  const gpu = await testGpu();
  const before = gpu.pool.liveBytes;
  await gpu.scopeAsync(() => body(gpu));
  assert.is(gpu.pool.liveBytes, before, "nothing is left");
}
