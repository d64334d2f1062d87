import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Gpu } from "../../engine/gpu";
import { BufferPool } from "../../engine/memory";
import type { Tensor } from "../../engine/tensor";
import { testGpu } from "../helpers/gpu";

const test = suite("memory");

/** Runs `body` and checks that it leaves no memory in use. */
async function leavesNothing(body: (gpu: Gpu) => unknown): Promise<void> {
  const gpu = await testGpu();
  const before = gpu.pool.liveBytes;
  await body(gpu);
  assert.is(gpu.pool.liveBytes, before);
}

test("a pool hands the same buffer out again, by exact size", async () => {
  const gpu = await testGpu();
  const pool = new BufferPool(gpu.device, () => gpu.commands.submit());
  const a = pool.take(40); // 48: sizes are multiples of 16
  assert.equal([pool.liveBytes, pool.totalBytes, pool.peakBytes], [48, 48, 48]);
  a.release();
  assert.equal([pool.liveBytes, pool.totalBytes], [0, 48]);
  const [b, c] = [pool.take(48), pool.take(64)];
  assert.is(b.buffer, a.buffer);
  assert.equal([pool.liveBytes, pool.totalBytes, pool.peakBytes], [112, 112, 112]);
  b.retain().release();
  assert.is(pool.liveBytes, 112, "one holder is left");
  for (const s of [b, c]) s.release();
  pool.trim();
  assert.equal([pool.liveBytes, pool.totalBytes, pool.peakBytes], [0, 0, 112]);
});

test("of several free buffers the oldest is taken, in whatever order they came back", async () => {
  const gpu = await testGpu();
  const pool = new BufferPool(gpu.device, () => gpu.commands.submit());
  const made = [1, 2, 3, 4].map(() => pool.take(32));
  for (const i of [2, 0, 3, 1]) made[i].release();
  const again = [1, 2, 3, 4].map(() => pool.take(32));
  assert.equal(
    again.map(({ buffer }) => made.findIndex((m) => m.buffer === buffer)),
    [0, 1, 2, 3],
  );
  for (const s of again) s.release();
  pool.trim();
});

test("a pool keeps no more than it may", async () => {
  const gpu = await testGpu();
  const pool = new BufferPool(gpu.device, () => gpu.commands.submit(), 64);
  const [a, b] = [pool.take(48), pool.take(32)];
  a.release();
  b.release();
  assert.equal([pool.liveBytes, pool.totalBytes], [0, 48]);
  pool.trim();
});

test("persistent memory counts as live until it is released", async () => {
  const gpu = await testGpu();
  const pool = new BufferPool(gpu.device, () => gpu.commands.submit());
  const arena = pool.persistent(256);
  assert.equal([pool.liveBytes, pool.totalBytes], [256, 256]);
  pool.releasePersistent(arena);
  assert.equal([pool.liveBytes, pool.totalBytes, pool.peakBytes], [0, 0, 256]);
});

test("destroying memory does not lose what was recorded before", async () => {
  const gpu = await testGpu();
  const pool = new BufferPool(gpu.device, () => gpu.commands.submit(), 0);
  for (const destroy of [
    () => {
      const source = pool.persistent(16);
      return { source, end: () => pool.releasePersistent(source) };
    },
    () => {
      const source = pool.take(16);
      return { source, end: () => source.release() };
    },
  ]) {
    await gpu.scopeAsync(async () => {
      const y = gpu.tensor([1, 2, 3, 4], [4]);
      const { source, end } = destroy();
      gpu.commands.copy(source.buffer, 0, y.storage.buffer, 0, 16);
      end();
      assert.equal([...(await y.data())], [0, 0, 0, 0]);
    });
  }
});

test("a scope releases all but what it returns", () =>
  leavesNothing((gpu) => {
    let inside: Tensor[] = [];
    const kept = gpu.scope(() => {
      inside = [1, 2, 3, 4, 5].map((n) => gpu.zeros([n]));
      return { one: inside[0], list: [inside[1], [inside[2]]], none: null };
    });
    assert.equal(
      inside.map((t) => t.disposed),
      [false, false, false, true, true],
    );
    for (const t of [kept.one, ...inside.slice(1, 3)]) t.dispose();
  }));

test("what an inner scope returns belongs to the outer one", () =>
  leavesNothing((gpu) => {
    let t: Tensor | undefined;
    gpu.scope(() => {
      t = gpu.scope(() => gpu.scope(() => gpu.zeros([4])));
      assert.not.ok(t.disposed);
    });
    assert.ok(t?.disposed);
  }));

test("keep() outlives every scope", () =>
  leavesNothing((gpu) => {
    const t = gpu.scope(() =>
      gpu
        .scope(() => [gpu.zeros([4]).keep()])[0]
        .view()
        .keep(),
    );
    assert.not.ok(t.disposed);
    assert.is(t.storage.refs, 2, "the kept tensor and the kept view");
    t.storage.release();
    t.dispose();
  }));

test("a scope that fails releases all and passes the error on", () =>
  leavesNothing(async (gpu) => {
    let t: Tensor | undefined;
    const fail = (): never => {
      t = gpu.zeros([4]);
      throw new Error("on purpose");
    };
    assert.throws(() => gpu.scope(() => gpu.scope(fail)), /on purpose/);
    assert.ok(t?.disposed);
    let error: unknown;
    await gpu
      .scopeAsync(async () => {
        await Promise.resolve();
        fail();
      })
      .catch((e) => (error = e));
    assert.match(String(error), /on purpose/);
    assert.ok(t?.disposed);
    gpu.scope(() => gpu.zeros([4])).dispose(); // scopes still work
  }));

test("an async scope holds over its awaits", () =>
  leavesNothing((gpu) =>
    gpu.scopeAsync(async () => {
      const t = gpu.tensor([1, 2], [2]);
      const y = gpu.empty([2]);
      gpu.copy(t, y);
      await gpu.finish();
      assert.equal([...(await y.data())], [1, 2]);
    }),
  ));

test("memory that is handed out again at once is not yet overwritten for what was recorded before", () =>
  leavesNothing((gpu) =>
    gpu.scopeAsync(async () => {
      const results: Promise<Float32Array>[] = [];
      for (let i = 0; i < 20; i++) {
        const t = gpu.tensor([i, i + 0.5], [2]); // the same buffer every time
        results.push(t.data());
        t.dispose();
      }
      const got = await Promise.all(results);
      assert.equal(
        got.map((v) => [...v]),
        got.map((_, i) => [i, i + 0.5]),
      );
    }),
  ));

test.run();
