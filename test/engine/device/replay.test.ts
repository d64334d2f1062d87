import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Gpu } from "../../../engine/core/gpu";
import { sizeOf, type Tensor } from "../../../engine/core/tensor";
import { fill } from "../../../engine/ops/basics";
import { add, conv2d, mul, relu, sum } from "../../../engine/ops/index";
import { testGpu } from "../../helpers/gpu";
import { numbers } from "../../helpers/tiny";

const test = suite("capture and replay");

/** Tensors outside a captured body: an input, a weight with its gradient, a result. */
interface Outside {
  x: Tensor;
  w: Tensor;
  y: Tensor;
  loss: Tensor;
}

const SHAPE = [2, 3, 9, 10] as const;
const SIZE = 2 * 3 * 9 * 10;

/** A few ops forward and back: the result and the loss lie outside, all else inside. */
function body(gpu: Gpu, { x, w, y, loss }: Outside): void {
  gpu.clear(w.grad!);
  w.gradIsFresh = true;
  const h = relu(conv2d(x, w, null, { padding: 1 }));
  const z = add(mul(h, h), x);
  const l = sum(z);
  gpu.copy(z, y);
  gpu.copy(l, loss);
  gpu.tape.backward(l);
}

async function withOutside(use: (gpu: Gpu, outside: Outside) => Promise<void>): Promise<void> {
  const gpu = await testGpu();
  const before = gpu.pool.liveBytes;
  const make = (shape: readonly number[], seed: number) => gpu.tensor(numbers(sizeOf(shape), seed, -1), shape);
  const outside = { x: make(SHAPE, 1), w: make([3, 3, 3, 3], 2), y: make(SHAPE, 3), loss: make([], 4) };
  outside.w.requiresGrad = true;
  outside.w.grad = gpu.zeros(outside.w.shape);
  try {
    await use(gpu, outside);
  } finally {
    outside.w.grad.dispose();
    for (const t of Object.values(outside)) t.dispose();
  }
  assert.equal([gpu.pool.liveBytes - before, gpu.tape.length], [0, 0]);
}

const results = async ({ y, loss, w }: Outside): Promise<number[]> =>
  (await Promise.all([y, loss, w.grad!].map((t) => t.data()))).flatMap((v) => [...v]);

/** What the body does with other inputs, without a capture. */
async function eagerly(gpu: Gpu, outside: Outside, seed: number): Promise<number[]> {
  gpu.write(outside.x, numbers(SIZE, seed, -1));
  gpu.scope(() => body(gpu, outside));
  return results(outside);
}

test("a replay does what the body does, on the values of the moment", () =>
  withOutside(async (gpu, outside) => {
    const before = await results(outside);
    const captured = gpu.capture(() => body(gpu, outside));
    assert.equal(await results(outside), before, "capturing runs nothing");
    for (const seed of [5, 6, 7]) {
      const want = await eagerly(gpu, outside, seed);
      fill(outside.y, 0);
      fill(outside.w.grad!, 1);
      gpu.write(outside.x, numbers(SIZE, seed, -1));
      captured.replay();
      assert.equal(await results(outside), want);
    }
    assert.is(captured.bindings, 1);
    assert.ok(captured.livePeak > 5 * 4 * SIZE && captured.bytes >= captured.livePeak);
  }));

test("a replay makes and compiles nothing", () =>
  withOutside(async (gpu, outside) => {
    const captured = gpu.capture(() => body(gpu, outside));
    captured.replay();
    const state = () => [gpu.pool.totalBytes, gpu.pipelines.count, gpu.cached];
    const [before, { dispatches }] = [state(), { ...gpu.commands.count }];
    captured.replay();
    assert.equal(state(), before);
    assert.ok(gpu.commands.count.dispatches - dispatches >= 8);
    await gpu.finish();
  }));

test("others may use a program's memory in between, and keep it", () =>
  withOutside(async (gpu, outside) => {
    const want = await eagerly(gpu, outside, 5);
    const captured = gpu.capture(() => body(gpu, outside));
    captured.replay();
    // All that is free, and so all that the program has.
    const { totalBytes, liveBytes } = gpu.pool;
    const held: Tensor[] = [];
    await gpu.pool.frugally(async () => {
      while (gpu.pool.totalBytes === totalBytes) held.push(gpu.empty([4]));
    });
    for (const t of held) fill(t, 8);
    captured.replay();
    assert.equal(await results(outside), want);
    assert.is(captured.bindings, 2);
    for (const t of held) {
      assert.equal([...(await t.data())], [8, 8, 8, 8]);
      t.dispose();
    }
    assert.is(gpu.pool.liveBytes, liveBytes);
  }));

test("a program outlives the destruction of free memory and of uniforms", () =>
  withOutside(async (gpu, outside) => {
    const want = await eagerly(gpu, outside, 5);
    const captured = gpu.capture(() => body(gpu, outside));
    captured.replay();
    gpu.pool.trim();
    fill(outside.y, 0);
    captured.replay();
    assert.equal([await results(outside), captured.bindings], [want, 2]);
    const { evictions } = gpu.bindGroups;
    for (let i = 0; gpu.bindGroups.evictions === evictions; i++) fill(outside.y, i);
    captured.replay();
    assert.equal([await results(outside), captured.bindings], [want, 3]);
  }));

test("what cannot be replayed is refused, and leaves no trace", () =>
  withOutside(async (gpu, outside) => {
    const refused = (what: () => void, why: RegExp) => assert.throws(() => gpu.capture(what), why);
    refused(() => gpu.write(outside.x, numbers(SIZE, 1)), /an upload/);
    refused(() => void outside.x.data(), /a read-back/);
    refused(() => gpu.capture(() => undefined), /already capturing/);
    const kept: Tensor[] = [];
    refused(() => void kept.push(gpu.empty([4]).keep()), /1 tensors made inside were not released/);
    refused(() => {
      body(gpu, outside);
      throw new Error("on purpose");
    }, /on purpose/);
    assert.equal([gpu.commands.recording, gpu.pool.recording], [null, null]);
    await eagerly(gpu, outside, 5);
  }));

test.run();
