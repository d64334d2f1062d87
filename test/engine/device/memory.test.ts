import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Gpu } from "../../../engine/core/gpu";
import type { Tensor } from "../../../engine/core/tensor";
import { Commands } from "../../../engine/device/commands";
import { BufferPool } from "../../../engine/device/memory";
import { GpuError, OutOfMemoryError } from "../../../engine/errors/errors";
import { testGpu } from "../../helpers/gpu";

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
  const pool = new BufferPool(gpu.device, gpu.commands);
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
  const pool = new BufferPool(gpu.device, gpu.commands);
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
  const pool = new BufferPool(gpu.device, gpu.commands, 64);
  const [a, b] = [pool.take(48), pool.take(32)];
  a.release();
  b.release();
  assert.equal([pool.liveBytes, pool.totalBytes], [0, 48]);
  pool.trim();
});

test("buffers of many sizes do not pile up: what is free and what is live keep within twice the most that was live", async () => {
  const gpu = await testGpu();
  const pool = new BufferPool(gpu.device, gpu.commands);
  const MiB = 2 ** 20;
  for (let size = 40; size <= 60; size++) {
    const pair = [pool.take(size * MiB), pool.take(size * MiB)];
    for (const one of pair) one.release();
  }
  assert.ok(pool.totalBytes <= 240 * MiB, `${pool.totalBytes / MiB} MiB`);
  const before = pool.totalBytes;
  const again = [pool.take(60 * MiB), pool.take(60 * MiB)];
  assert.is(pool.totalBytes, before, "those used last are still there");
  for (const one of again) one.release();
  pool.trim();
  assert.is(pool.totalBytes, 0);
});

test("buffers for read-backs are counted, bounded, and given back by trim()", async () => {
  const gpu = await testGpu();
  gpu.trim();
  const { total, live } = gpu.memory;
  await gpu.scopeAsync(async () => {
    for (let i = 0; i < 30; i++) await gpu.zeros([200_000 + 4 * i]).data();
  });
  const kept = gpu.memory.total - gpu.pool.totalBytes;
  assert.ok(kept > 0 && kept <= 8 * 2 ** 20, `${kept} bytes`);
  gpu.trim();
  assert.equal([gpu.memory.total, gpu.memory.live], [total, live]);
});

test("out of memory is said in words, and tried once more after all that is free was given back", async () => {
  const gpu = await testGpu();
  let left = 0;
  const scarce = {
    submit() {},
    allocate: (d: GPUBufferDescriptor) => (left-- > 0 ? gpu.device.createBuffer(d) : null),
  };
  const pool = new BufferPool(gpu.device, scarce);
  left = 1;
  pool.take(1024).release();
  assert.throws(
    () => pool.take(4096),
    (e: Error) =>
      e instanceof OutOfMemoryError && e instanceof GpuError && /out of memory: 4096 bytes more than/.test(e.message),
  );
  assert.is(pool.totalBytes, 0, "what was free was given back");
  let tries = 0;
  const failing = (times: number) => () => {
    if (tries++ < times) throw new OutOfMemoryError("on purpose");
    return tries;
  };
  assert.is(await gpu.retried(failing(1)), 2);
  tries = 0;
  let error: unknown;
  await gpu.retried(failing(2)).catch((e) => (error = e));
  assert.ok(error instanceof OutOfMemoryError && tries === 2);
});

test("the driver's own word of memory that is not there is heard while it is asked for", async () => {
  class GPUOutOfMemoryError {
    message = "no";
  }
  let hear: (event: { error: unknown; preventDefault(): void }) => void = () => {};
  let full = false;
  const device = {
    lost: new Promise(() => {}),
    addEventListener: (_: string, listener: typeof hear) => (hear = listener),
    createBuffer() {
      if (full) hear({ error: new GPUOutOfMemoryError(), preventDefault() {} });
      return "a buffer";
    },
  };
  const commands = new Commands(device as unknown as GPUDevice, (message) => message);
  assert.is(commands.allocate({ size: 4, usage: 8 }), "a buffer");
  full = true;
  assert.is(commands.allocate({ size: 4, usage: 8 }), null);
  commands.check(); // it is not reported a second time
});

test("persistent memory counts as live until it is released", async () => {
  const gpu = await testGpu();
  const pool = new BufferPool(gpu.device, gpu.commands);
  const arena = pool.persistent(256);
  assert.equal([pool.liveBytes, pool.totalBytes], [256, 256]);
  pool.releasePersistent(arena);
  assert.equal([pool.liveBytes, pool.totalBytes, pool.peakBytes], [0, 0, 256]);
});

test("destroying memory does not lose what was recorded before", async () => {
  const gpu = await testGpu();
  const pool = new BufferPool(gpu.device, gpu.commands, 0);
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
