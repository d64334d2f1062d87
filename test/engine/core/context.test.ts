import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Contexts } from "../../../engine/core/context";
import type { Gpu } from "../../../engine/core/gpu";
import { Scopes } from "../../../engine/core/scopes";
import { Tape } from "../../../engine/core/tape";
import type { Tensor } from "../../../engine/core/tensor";
import { OutOfMemoryError } from "../../../engine/errors/errors";
import { mul, scale, sigmoid, sum } from "../../../engine/ops/index";
import { testGpu } from "../../helpers/gpu";

const test = suite("contexts");

const leaf = (gpu: Gpu, values: number[]): Tensor => {
  const t = gpu.tensor(values, [values.length]);
  t.requiresGrad = true;
  return t;
};

/** A turn of the event loop: others go on meanwhile. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

test("an evaluation that awaits leaves a step that runs meanwhile its whole graph", async () => {
  const gpu = await testGpu();
  const before = gpu.pool.liveBytes;
  const evaluate = async () => {
    for (let i = 0; i < 4; i++) {
      await gpu.tape.noGradAsync(() =>
        gpu.scopeAsync(async () => {
          const y = sigmoid(gpu.tensor([1, 2], [2]));
          await turn();
          assert.is(gpu.tape.recording, false);
          await scale(y, 2).data();
        }),
      );
    }
  };
  const step = () =>
    gpu.scopeAsync(async () => {
      const x = leaf(gpu, [1, 2, 3]);
      let y = x;
      for (let i = 0; i < 6; i++) {
        await turn();
        assert.is(gpu.tape.recording, true);
        y = scale(y, 2);
        await gpu.finish();
      }
      sum(y).backward();
      const g = [...(await x.grad!.data())];
      x.grad!.dispose();
      return g;
    });
  const [a, , b] = await Promise.all([step(), evaluate(), step(), evaluate()]);
  assert.equal(
    [a, b],
    [
      [64, 64, 64],
      [64, 64, 64],
    ],
  );
  assert.equal([gpu.pool.liveBytes, gpu.tape.length, gpu.tape.recording], [before, 0, true]);
});

test("scopes that overlap release each its own tensors, also after they awaited", async () => {
  const gpu = await testGpu();
  const before = gpu.pool.liveBytes;
  let [open, close] = [() => {}, () => {}];
  const [opened, closed] = [new Promise<void>((done) => (open = done)), new Promise<void>((done) => (close = done))];
  const first = gpu.scopeAsync(async () => {
    const t = gpu.zeros([4]);
    await opened;
    const late = gpu.zeros([4]);
    close();
    await turn();
    assert.equal([t.disposed, late.disposed], [false, false]);
    return { t, late };
  });
  await gpu.scopeAsync(async () => {
    const t = gpu.zeros([4]);
    open();
    await closed;
    assert.is(t.disposed, false);
  });
  const { t, late } = await first;
  assert.equal([t.disposed, late.disposed, gpu.pool.liveBytes - before], [false, false, 32]);
  for (const one of [t, late]) one.dispose();
});

test("what a scope left running belongs to the one around it", async () => {
  const gpu = await testGpu();
  const before = gpu.pool.liveBytes;
  await gpu.scopeAsync(async () => {
    let left: Promise<void> = Promise.resolve();
    await gpu.scopeAsync(async () => {
      left = turn().then(() => void gpu.zeros([4]));
    });
    await left;
    assert.is(gpu.pool.liveBytes, before + 16);
  });
  assert.is(gpu.pool.liveBytes, before);
});

test("where nobody follows awaits, `within` takes a body back to its own scope and its own pause", async () => {
  const gpu = await testGpu();
  const contexts = new Contexts();
  const tape = new Tape(gpu.tape.basics, contexts);
  const scopes = new Scopes(tape, contexts);
  const seen: boolean[] = [];
  const made: Tensor[] = [];
  await Promise.all([
    tape.noGradAsync(async (within) => {
      seen.push(tape.recording);
      await turn();
      seen.push(tape.recording);
      seen.push(within(() => tape.recording));
    }),
    scopes.runAsync(async (within) => {
      await turn();
      made.push(within(() => scopes.track(gpu.zeros([1]))));
      await turn();
    }),
  ]);
  assert.equal(seen, [false, true, false]);
  assert.equal([made[0].disposed, tape.recording], [true, true]);
});

test("inference runs without gradients in a scope of its own, once more where memory ran out", async () => {
  const gpu = await testGpu();
  const before = gpu.pool.liveBytes;
  const x = leaf(gpu, [1, 2]);
  let runs = 0;
  const values = await gpu.inference(async () => {
    const y = scale(x, 2);
    assert.equal([y.requiresGrad, gpu.tape.recording], [false, false]);
    if (runs++ === 0) throw new OutOfMemoryError("on purpose");
    return [...(await y.data())];
  });
  assert.equal([values, runs], [[2, 4], 2]);
  x.dispose();
  assert.is(gpu.pool.liveBytes, before);
});

test("a body that awaits is refused where none may", async () => {
  const gpu = await testGpu();
  const x = leaf(gpu, [1]);
  const awaiting = async () => {
    await turn();
    throw new Error("of nobody's concern");
  };
  assert.throws(() => gpu.scope(awaiting), /scope: the body is asynchronous.*use scopeAsync/);
  assert.throws(() => gpu.tape.noGrad(awaiting), /noGrad: the body is asynchronous.*use noGradAsync/);
  assert.throws(() => gpu.tape.in("layer", awaiting), /in: the body is asynchronous.*does not await/);
  assert.equal([gpu.tape.recording, gpu.tape.path], [true, []]);
  await turn();
  x.dispose();
});

test("a scope may return what holds itself", async () => {
  const gpu = await testGpu();
  const result = gpu.scope(() => {
    const all: { t: Tensor; self?: unknown } = { t: mul(gpu.zeros([2]), gpu.zeros([2])) };
    all.self = [all];
    return all;
  });
  assert.is(result.t.disposed, false);
  result.t.dispose();
});

test.run();
