import { suite } from "uvu";
import * as assert from "uvu/assert";
import { openGpu } from "../../../engine/adapters/node";
import type { Gpu } from "../../../engine/core/gpu";
import { Parameters } from "../../../engine/core/parameters";
import { Tensor } from "../../../engine/core/tensor";
import { Storage } from "../../../engine/device/storage";
import { GpuError, ReleasedError, ShapeError } from "../../../engine/errors/errors";
import { add, relu } from "../../../engine/ops/index";
import { kernels } from "../../../kernels/index";
import { testGpu } from "../../helpers/gpu";
import { leastProcessorTime } from "../../helpers/processor";

const test = suite("gpu");

const fill = (gpu: Gpu, y: Tensor, value: number) =>
  gpu.dispatch({
    kernel: kernels.fill,
    params: { MODE: 0 },
    uniforms: { n: y.size, value },
    bindings: { y },
    workgroups: gpu.grid(y.size, 64),
  });

const spec = (y: Tensor) => ({
  kernel: kernels.fill,
  params: { MODE: 0 },
  uniforms: { n: y.size, value: 1 },
  bindings: { y },
  workgroups: [1] as const,
});

test("more workgroups than one dimension takes are folded into two", async () => {
  const gpu = await testGpu();
  const most = gpu.limits.maxComputeWorkgroupsPerDimension;
  assert.equal(gpu.grid(64 * most, 64), [most, 1, 1]);
  assert.equal(gpu.grid(64 * most + 1, 64), [Math.ceil((most + 1) / 2), 2, 1], "no workgroups in vain");
  assert.equal(gpu.grid(64 * 2 * most + 1, 64), [Math.ceil((2 * most + 1) / 3), 3, 1]);
  assert.equal(
    [gpu.grid(1, 64), gpu.grid(0, 64)],
    [
      [1, 1, 1],
      [0, 0, 1],
    ],
  );
  await gpu.scopeAsync(async () => {
    const y = gpu.zeros([64 * most + 1000]);
    fill(gpu, y, 3);
    const values = await y.data();
    assert.is(
      values.findIndex((v) => v !== 3),
      -1,
    );
  });
  gpu.pool.trim();
});

test("a dispatch that the adapter cannot take is refused before it is recorded", async () => {
  const gpu = await testGpu();
  const dispatches = gpu.commands.count.dispatches;
  const most = gpu.limits.maxComputeWorkgroupsPerDimension;
  gpu.scope(() => {
    const y = gpu.empty([4]);
    const tooMany = (e: Error) => e instanceof GpuError && /fill.*workgroups exceed/.test(e.message);
    assert.throws(() => gpu.dispatch({ ...spec(y), workgroups: [1, most + 1] }), tooMany);
    // No memory behind it: the size of the binding alone is what is refused.
    const bytes = 16 * Math.ceil(gpu.limits.maxStorageBufferBindingSize / 16) + 16;
    const huge = new Tensor(gpu, [bytes / 4], new Storage(y.storage.buffer, 0, bytes, null));
    const tooLarge = (e: Error) =>
      e instanceof GpuError && /fill.*: 'y' .* in one binding; this adapter allows/.test(e.message);
    assert.throws(() => gpu.dispatch(spec(huge)), tooLarge);
  });
  assert.is(gpu.commands.count.dispatches, dispatches);
});

test("shapes that are none, and buffers beyond the adapter's limit", async () => {
  const gpu = await testGpu();
  const live = gpu.pool.liveBytes;
  for (const shape of [[-1], [2.5], [Number.NaN, 3]]) {
    assert.throws(
      () => gpu.empty(shape),
      (e: Error) => e instanceof ShapeError,
    );
  }
  const over = (e: Error) => e instanceof GpuError && /exceeds this adapter's maxBufferSize/.test(e.message);
  assert.throws(() => gpu.empty([Math.ceil(gpu.limits.maxBufferSize / 4) + 4]), over);
  assert.is(gpu.pool.liveBytes, live);
});

test("bindings and uniforms are checked by name", async () => {
  const gpu = await testGpu();
  gpu.scope(() => {
    const y = gpu.empty([4]);
    const throws = (change: object, message: RegExp) =>
      assert.throws(
        () => gpu.dispatch({ ...spec(y), ...change }),
        (e: Error) => message.test(e.message),
      );
    throws({ bindings: {} }, /fill.*: binding 'y' is missing/);
    throws({ bindings: { y, z: y } }, /fill.*: the WGSL has no binding for one of y, z/);
    throws({ uniforms: { n: 4 } }, /fill.*: uniform 'value' is missing/);
    throws({ uniforms: { n: 4, value: 1, m: 2 } }, /fill.*: the WGSL has no uniform m/);
    throws({ uniforms: { n: [4, 4], value: 1 } }, /fill.*: uniform 'n' wants 1 numbers/);
    throws({ constants: { SIZE: 4 } }, /fill.*: no override constant 'SIZE'/);
  });
});

test("one buffer is not read and written in one dispatch, nor written twice", async () => {
  const gpu = await testGpu();
  gpu.scope(() => {
    const x = gpu.zeros([4]);
    const relu = { kernel: kernels.relu, params: { MODE: 0 }, uniforms: { n: 4 }, workgroups: [1] as const };
    assert.throws(() => gpu.dispatch({ ...relu, bindings: { x, y: x } }), /relu.*: reads and writes one buffer/);
    assert.throws(
      () => gpu.dispatch({ ...relu, bindings: { x: x.view([2, 2]), y: x } }),
      /reads and writes one buffer/,
    );
    const [hyper, control, g] = [gpu.zeros([8]), gpu.zeros([4]), gpu.zeros([4])];
    const uniforms = { n4: 1, row: 0 };
    const adam = { kernel: kernels.adam, params: { DECOUPLED: 0 }, uniforms, workgroups: [1] as const };
    const twice = { hyper, control, g, p: x, m: x, v: gpu.zeros([4]) };
    assert.throws(
      () => gpu.dispatch({ ...adam, bindings: twice }),
      /adam.*: writes one piece of memory by two bindings/,
    );
  });
});

test("uploads, kernels, copies and read-backs happen in the order of the code", async () => {
  const gpu = await testGpu();
  await gpu.scopeAsync(async () => {
    const [x, y] = [gpu.tensor([1, 2, 3], [3]), gpu.empty([3])];
    gpu.copy(x, y);
    const copied = y.data(); // started here, awaited at the end
    gpu.write(x, [4, 5, 6]); // recorded after the copy: must not overtake it
    gpu.copy(x, y);
    const again = y.data();
    fill(gpu, y, 7);
    const filled = y.data();
    gpu.write(y, [8, 9, 10]);
    gpu.clear(x);
    const [a, b, c, d, e] = await Promise.all([copied, again, filled, y.data(), x.data()]);
    assert.equal(
      [a, b, c, d, e].map((v) => [...v]),
      [
        [1, 2, 3],
        [4, 5, 6],
        [7, 7, 7],
        [8, 9, 10],
        [0, 0, 0],
      ],
    );
  });
});

test("uploads and copies of the wrong size are refused", async () => {
  const gpu = await testGpu();
  gpu.scope(() => {
    const shapeError = (e: Error) => e instanceof ShapeError;
    assert.throws(() => gpu.tensor([1, 2], [3]), shapeError);
    assert.throws(() => gpu.write(gpu.empty([2]), [1]), shapeError);
    assert.throws(() => gpu.copy(gpu.empty([2]), gpu.empty([3])), shapeError);
    assert.throws(() => gpu.empty([2]).view([3]), shapeError);
  });
});

test("a scalar and an empty tensor", async () => {
  const gpu = await testGpu();
  await gpu.scopeAsync(async () => {
    assert.is(await gpu.tensor([5], []).item(), 5);
    assert.equal([...(await gpu.tensor([], [0]).data())], []);
    let refused: unknown;
    await gpu
      .zeros([2])
      .item()
      .catch((e) => (refused = e));
    assert.instance(refused, ShapeError);
  });
});

test("nothing works on a released tensor", async () => {
  const gpu = await testGpu();
  const t = gpu.scope(() => {
    const inner = gpu.zeros([4]);
    return { hidden: [[inner]] };
  }).hidden[0][0];
  t.dispose();
  t.dispose(); // twice is harmless
  const released = (e: Error) => e instanceof ReleasedError && /tensor \[4\] was released/.test(e.message);
  assert.throws(() => gpu.write(t, [1, 2, 3, 4]), released);
  assert.throws(() => gpu.clear(t), released);
  assert.throws(() => t.view(), released);
  assert.throws(() => t.detach(), released);
  assert.throws(() => gpu.dispatch(spec(t)), released);
  assert.throws(() => gpu.copy(t, t), released);
  let error: unknown;
  try {
    await t.data();
  } catch (e) {
    error = e;
  }
  assert.ok(released(error as Error));
});

test("a copy within one buffer, overlapping or not, is a copy", async () => {
  const gpu = await testGpu();
  const parameters = new Parameters(gpu, [
    { name: "a", shape: [3] },
    { name: "b", shape: [3] },
  ]);
  const [a, b] = ["a", "b"].map((name) => parameters.get(name));
  parameters.load("a", Float32Array.of(1, 2, 3));
  gpu.copy(a, b);
  gpu.copy(a, a);
  assert.equal(
    [[...(await b.data())], [...(await a.data())]],
    [
      [1, 2, 3],
      [1, 2, 3],
    ],
  );
  parameters.dispose();
});

test("a closed device refuses all work in words, and closes but once", async () => {
  const { adapter } = await testGpu();
  const gpu = await openGpu({ adapter: adapter.kind });
  const x = gpu.tensor([1, 2], [2]);
  await gpu.close();
  await gpu.close();
  const closed = (e: Error) => e instanceof GpuError && e.message === "the GPU device was closed";
  for (const work of [
    () => gpu.tensor([1], [1]),
    () => gpu.zeros([2 ** 20]),
    () => gpu.write(x, [3, 4]),
    () => relu(x),
    () => gpu.clear(x),
  ]) {
    assert.throws(work, closed);
  }
  for (const work of [() => x.data(), () => gpu.finish()]) {
    let error: unknown;
    await work().catch((e) => (error = e));
    assert.ok(closed(error as Error), String(error));
  }
  assert.match(String(gpu), /closed$/);
});

test("tensors of two devices, and what is no tensor, are refused by the op's name", async () => {
  const here = await testGpu();
  const there = await openGpu({ adapter: here.adapter.kind });
  try {
    const [x, y] = [here.tensor([1, 2]), there.tensor([1, 2])];
    assert.throws(() => add(x, y), /add: its inputs are on two devices/);
    assert.throws(() => relu(undefined as never), /relu: input 0 is no tensor but undefined/);
    assert.throws(() => relu([1, 2] as never), /relu: input 0 is no tensor but an object \(Array\)/);
    x.dispose();
  } finally {
    await there.close();
  }
});

test("an error that nobody waited for is thrown by close; one that was told is not thrown again", async () => {
  const { adapter } = await testGpu();
  for (const told of [false, true]) {
    const gpu = await openGpu({ adapter: adapter.kind });
    const memory = gpu.pool.take(16);
    const { buffer } = memory;
    gpu.commands.copy(buffer, 0, buffer, 0, 16); // a validation error
    if (told) await gpu.finish().catch(() => undefined);
    let error: unknown;
    await gpu.close().catch((e) => (error = e));
    if (told) assert.is(error, undefined);
    else assert.ok(error instanceof GpuError && /GPU error: /.test(error.message), String(error));
  }
});

test("two kernels of one name are not taken for each other", async () => {
  const gpu = await testGpu();
  gpu.scope(() => {
    const [x, y] = [gpu.zeros([4]), gpu.empty([4])];
    const dispatch = (source: string) =>
      gpu.dispatch({
        kernel: { name: "relu", source },
        params: { MODE: 0 },
        uniforms: { n: 4 },
        bindings: { x, y },
        workgroups: [1],
      });
    dispatch(kernels.relu.source);
    assert.throws(() => dispatch(`// another${kernels.relu.source}`), /two different kernels are named 'relu'/);
  });
});

test("what the driver reports is thrown at the next wait, once", async () => {
  const gpu = await testGpu();
  const memory = gpu.pool.take(16);
  const { buffer } = memory;
  gpu.commands.copy(buffer, 0, buffer, 0, 16); // source and target overlap: a validation error
  let error: unknown;
  await gpu.finish().catch((e) => (error = e));
  assert.ok(error instanceof GpuError && /GPU error: /.test(error.message), String(error));
  await gpu.finish();
  memory.release();
});

test("pipelines, uniforms and bind groups are made once", async () => {
  const gpu = await testGpu();
  await gpu.scopeAsync(async () => {
    const y = gpu.empty([4]);
    fill(gpu, y, 0.125);
    const [pipelines, cached] = [gpu.pipelines.count, gpu.cached];
    for (let i = 0; i < 5; i++) fill(gpu, y, 0.125);
    assert.is(gpu.pipelines.count, pipelines);
    assert.equal(gpu.cached, cached);
    fill(gpu, y, 0.25);
    assert.equal(gpu.cached, { uniforms: cached.uniforms + 1, bindGroups: cached.bindGroups + 1 });
    assert.equal([...(await y.data())], [0.25, 0.25, 0.25, 0.25]);
  });
});

test("an open device leaves the processor alone", async () => {
  const gpu = await testGpu();
  await gpu.finish();
  const used = await leastProcessorTime(() => new Promise((resolve) => setTimeout(resolve, 300)));
  assert.ok(used < 100, `${used} ms of processor time in 300 ms of sleep`);
});

test.run();
