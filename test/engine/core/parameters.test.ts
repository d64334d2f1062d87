import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Gpu } from "../../../engine/core/gpu";
import { type ParameterSpec, Parameters } from "../../../engine/core/parameters";
import { ShapeError } from "../../../engine/errors/errors";
import { mul, scale, sum } from "../../../engine/ops/index";
import { testGpu } from "../../helpers/gpu";

const test = suite("parameters");

const SPECS: ParameterSpec[] = [
  { name: "a.weight", shape: [3, 5, 7, 1] }, // 105 floats: no multiple of anything
  { name: "a.bias", shape: [1] },
  { name: "b.weight", shape: [8, 8] },
  { name: "b.bias", shape: [8] },
];

async function withParameters(body: (parameters: Parameters, gpu: Gpu) => unknown): Promise<void> {
  const gpu = await testGpu();
  const before = gpu.pool.liveBytes;
  const parameters = new Parameters(gpu, SPECS);
  try {
    await body(parameters, gpu);
  } finally {
    parameters.dispose();
  }
  assert.is(gpu.pool.liveBytes, before, "dispose gives all memory back");
}

const counted = (size: number, from: number) => Float32Array.from({ length: size }, (_, i) => from + i);

test("what is loaded by name comes back by name, untouched by its neighbours", () =>
  withParameters(async (parameters) => {
    assert.equal([parameters.names, parameters.count], [SPECS.map((s) => s.name), 105 + 1 + 64 + 8]);
    const sizes = [105, 1, 64, 8];
    for (const [k, { name }] of SPECS.entries()) parameters.load(name, counted(sizes[k], 1000 * k));
    const arena = await parameters.readArena(parameters.values);
    for (const [k, { name, shape }] of SPECS.entries()) {
      assert.equal([...arena.get(name)!], [...counted(sizes[k], 1000 * k)]);
      const t = parameters.get(name);
      assert.equal([...t.shape], [...shape]);
      assert.equal([...(await t.data())], [...counted(sizes[k], 1000 * k)]);
    }
    for (const other of [parameters.gradients, parameters.moment1, parameters.moment2]) {
      const zeros = [...(await parameters.readArena(other)).values()].flatMap((v) => [...v]);
      assert.ok(
        zeros.every((v) => v === 0),
        "gradients and moments start at zero",
      );
    }
  }));

test("wrong names and sizes are refused", () =>
  withParameters((parameters, gpu) => {
    assert.throws(() => parameters.get("c"), /no parameter 'c'/);
    assert.throws(
      () => parameters.load("a.bias", new Float32Array(2)),
      (e: Error) => e instanceof ShapeError && e.message.includes("a.bias"),
    );
    const twice = { name: "x", shape: [1] };
    assert.throws(() => new Parameters(gpu, [twice, twice]), /'x' is declared twice/);
  }));

test("the first gradient is written straight into the arena, later ones are added", () =>
  withParameters(async (parameters, gpu) => {
    const [w, b] = ["b.weight", "b.bias"].map((name) => parameters.get(name));
    parameters.load("b.bias", counted(8, 1));
    parameters.load("b.weight", counted(64, 1));
    for (let round = 0; round < 2; round++) {
      parameters.zeroGrad(); // and none of the last round's is left
      gpu.scope(() => gpu.tape.backward(sum(scale(b, 3))));
      gpu.scope(() => gpu.tape.backward(sum(mul(b, b))));
      gpu.scope(() => gpu.tape.backward(sum(scale(w, 0.5))));
      const gradients = await parameters.readArena(parameters.gradients);
      assert.equal(
        [...gradients.get("b.bias")!],
        [...counted(8, 1)].map((v) => 3 + 2 * v),
      );
      assert.ok(gradients.get("b.weight")!.every((v) => v === 0.5));
      assert.equal([...gradients.get("a.bias")!], [0]);
      assert.is(b.grad!.storage.buffer, parameters.gradients.buffer);
    }
  }));

test("frozen parameters get no gradient and are left out of what is updated", () =>
  withParameters(async (parameters, gpu) => {
    assert.equal(parameters.ranges(), [{ offset: 0, size: 128 + 64 + 64 + 64 }]);
    parameters.freeze(["a.b", "b.w"]);
    assert.equal(
      parameters.names.map((n) => parameters.isFrozen(n)),
      [false, true, true, false],
    );
    assert.equal(parameters.ranges(), [
      { offset: 0, size: 128 },
      { offset: 4 * 256, size: 64 },
    ]);
    parameters.load("b.bias", counted(8, 1));
    parameters.load("b.weight", counted(64, 1));
    parameters.zeroGrad();
    const frozen = parameters.get("b.weight");
    assert.not(gpu.scope(() => scale(frozen, 2).requiresGrad));
    gpu.scope(() => gpu.tape.backward(sum(scale(parameters.get("b.bias"), 2))));
    const gradients = await parameters.readArena(parameters.gradients);
    assert.ok(gradients.get("b.weight")!.every((v) => v === 0));
    assert.ok(gradients.get("b.bias")!.every((v) => v === 2));
  }));

test("runs of the arena fit one binding each", async () => {
  const gpu = await testGpu();
  const small = { pool: gpu.pool, limits: { maxStorageBufferBindingSize: 1100 } } as unknown as Gpu;
  const parameters = new Parameters(small, SPECS); // 512, 256, 256, 256 bytes in the arena
  assert.equal(parameters.ranges(), [
    { offset: 0, size: 256 },
    { offset: 1024, size: 64 },
  ]);
  parameters.dispose();
});

test("for inference alone there are values and nothing else, and no graph is kept", async () => {
  const gpu = await testGpu();
  const before = gpu.pool.liveBytes;
  const parameters = new Parameters(gpu, SPECS, { trained: false });
  assert.is(gpu.pool.liveBytes - before, 512 + 3 * 256);
  parameters.load("b.bias", counted(8, 1));
  assert.equal([...(await parameters.readArena(parameters.values)).get("b.bias")!], [...counted(8, 1)]);
  const nodes = gpu.tape.length;
  assert.not(gpu.scope(() => scale(parameters.get("b.bias"), 2).requiresGrad));
  assert.is(gpu.tape.length, nodes);
  assert.throws(() => parameters.gradients, /for inference alone/);
  assert.throws(() => parameters.zeroGrad(), /for inference alone/);
  assert.throws(() => parameters.moment2, /for inference alone/);
  parameters.dispose();
  assert.is(gpu.pool.liveBytes, before);
});

test.run();
