import { suite } from "uvu";
import * as assert from "uvu/assert";
import { checkpoint } from "../../../engine/core/checkpoint";
import type { Gpu } from "../../../engine/core/gpu";
import { Parameters } from "../../../engine/core/parameters";
import type { Tensor } from "../../../engine/core/tensor";
import { OverwrittenError, ReleasedError } from "../../../engine/errors/errors";
import {
  addInto,
  addScalar,
  batchNorm,
  fill,
  matmul,
  mul,
  reshape,
  scale,
  sigmoid,
  sum,
} from "../../../engine/ops/index";
import { Adam } from "../../../engine/optim/adam";
import { testGpu } from "../../helpers/gpu";

const test = suite("values overwritten before backward or replay");

const leaf = (gpu: Gpu, values: number[]): Tensor => {
  const t = gpu.tensor(values, [values.length]);
  t.requiresGrad = true;
  return t;
};

const overwritten = (e: Error) => e instanceof OverwrittenError && /was written to since forward/.test(e.message);

test("whatever writes to a value between forward and backward, the gradient by it is refused", async () => {
  const gpu = await testGpu();
  const ways: [string, (t: Tensor) => void][] = [
    ["write", (t) => gpu.write(t, [7, 7])],
    ["clear", (t) => gpu.clear(t)],
    ["copy", (t) => gpu.copy(gpu.tensor([7, 7], [2]), t)],
    ["a kernel", (t) => addInto(t, gpu.tensor([7, 7], [2]))],
    ["fill", (t) => fill(t, 3)],
    ["through a view", (t) => gpu.write(t.detach(), [7, 7])],
    ["through another shape", (t) => gpu.clear(reshape(t.detach(), [2, 1]))],
  ];
  for (const [what, overwrite] of ways) {
    gpu.scope(() => {
      const [x, c] = [leaf(gpu, [1, 2]), gpu.tensor([3, 4], [2])];
      const loss = sum(mul(x, c));
      overwrite(c);
      assert.throws(() => loss.backward(), overwritten, what);
      assert.equal([gpu.tape.length, x.grad], [0, null], what);
    });
  }
});

test("a saved result counts, what no gradient reads does not, and after backward all may be written", async () => {
  const gpu = await testGpu();
  await gpu.scopeAsync(async () => {
    const x = leaf(gpu, [1, 2]);
    const y = sigmoid(x);
    const loss = sum(y);
    fill(y, 0);
    assert.throws(() => loss.backward(), overwritten);
    const shifted = addScalar(scale(x, 3), 1);
    const total = sum(shifted);
    gpu.write(x, [9, 9]);
    fill(shifted, 0);
    total.backward();
    assert.equal([...(await x.grad!.data())], [3, 3]);
    gpu.write(x, [1, 2]);
    sum(mul(x, x)).backward();
    assert.equal([...(await x.grad!.data())], [5, 7]);
    x.grad!.dispose();
  });
});

function network(gpu: Gpu) {
  const parameters = new Parameters(gpu, [
    { name: "a", shape: [2, 2] },
    { name: "b", shape: [2, 2] },
  ]);
  for (const name of parameters.names) parameters.load(name, Float32Array.of(1, 2, 3, 4));
  const [a, b] = parameters.names.map((name) => parameters.get(name));
  return { parameters, a, b };
}

test("slices of an arena are told apart, and an optimizer's step is a write to all of them", async () => {
  const gpu = await testGpu();
  const { parameters, a, b } = network(gpu);
  const adam = new Adam(parameters);
  await gpu.scopeAsync(async () => {
    const x = gpu.tensor([1, 2, 3, 4], [2, 2]);
    parameters.zeroGrad();
    const hidden = matmul(x, a);
    hidden.requiresGrad = true;
    const loss = sum(matmul(hidden, b));
    parameters.load("a", Float32Array.of(5, 6, 7, 8)); // a itself is read by the gradient by x alone, which nobody wants
    loss.backward();
    assert.ok((await a.grad!.data()).every((v) => v !== 0));
    const again = sum(matmul(matmul(x, a), b));
    parameters.load("b", Float32Array.of(5, 6, 7, 8));
    assert.throws(() => again.backward(), overwritten, "load");
    const third = sum(matmul(matmul(x, a), b));
    adam.step(1e-3, gpu.zeros([]));
    assert.throws(() => third.backward(), overwritten, "Adam");
    assert.is(await gpu.scopeAsync(async () => (await sum(a).data()).length), 1);
  });
  adam.dispose();
  parameters.dispose();
});

test("running statistics count: an evaluation's backward after a training forward is refused", async () => {
  const gpu = await testGpu();
  gpu.scope(() => {
    const x = gpu.tensor([1, 2, 3, 4], [2, 2]);
    x.requiresGrad = true;
    const [gamma, beta, runningMean, runningVariance] = [
      gpu.tensor([1, 1], [2]),
      gpu.zeros([2]),
      gpu.zeros([2]),
      gpu.tensor([1, 1], [2]),
    ];
    const norm = { gamma, beta, runningMean, runningVariance };
    const loss = sum(batchNorm(x, norm, { training: false }));
    batchNorm(x.detach(), norm);
    assert.throws(() => loss.backward(), overwritten);
  });
});

test("a checkpoint's leaves and inputs are watched until backward has run it again", async () => {
  const gpu = await testGpu();
  const { parameters, a } = network(gpu);
  gpu.scope(() => {
    const x = gpu.tensor([1, 2, 3, 4], [2, 2]);
    const run = ([t]: readonly Tensor[]) => matmul(t, a);
    const loss = sum(checkpoint([x], run));
    parameters.load("a", Float32Array.of(5, 6, 7, 8));
    assert.throws(() => loss.backward(), overwritten, "a leaf");
    const next = sum(checkpoint([x], run));
    gpu.clear(x);
    assert.throws(() => next.backward(), overwritten, "an input");
    parameters.zeroGrad();
    sum(checkpoint([x], run)).backward();
  });
  parameters.dispose();
});

test("a checkpoint moves running statistics once", async () => {
  const gpu = await testGpu();
  const moved = (cut: typeof checkpoint) =>
    gpu.scopeAsync(async () => {
      const x = gpu.tensor([1, 2, 3, 6], [2, 2]);
      const [gamma, beta, runningMean, runningVariance] = [
        gpu.tensor([1, 1], [2]),
        gpu.zeros([2]),
        gpu.zeros([2]),
        gpu.tensor([1, 1], [2]),
      ];
      gamma.requiresGrad = true;
      const norm = { gamma, beta, runningMean, runningVariance };
      sum(cut([x], ([t]) => batchNorm(t, norm))).backward();
      gamma.grad!.dispose();
      return [...(await runningMean.data()), ...(await runningVariance.data())];
    });
  const nested: typeof checkpoint = (inputs, run) => checkpoint(inputs, (outer) => checkpoint(outer, run));
  const plain = await moved((inputs, run) => run(inputs));
  assert.equal(
    plain.map((v) => Math.round(v * 1e4) / 1e4),
    [0.2, 0.4, 1.1, 1.7],
  );
  assert.equal(await moved(checkpoint), plain);
  assert.equal(await moved(nested), plain);
});

test("running statistics that are trained are refused", async () => {
  const gpu = await testGpu();
  gpu.scope(() => {
    const t = leaf(gpu, [1, 1]);
    const norm = { gamma: t, beta: t, runningMean: t, runningVariance: gpu.zeros([2]) };
    assert.throws(() => batchNorm(gpu.zeros([2, 2]), norm), /are not trained; keep them beside the Parameters/);
  });
});

test("a replay is refused once memory from outside is another's, and counts as a write to what it writes", async () => {
  const gpu = await testGpu();
  const [x, y] = [gpu.tensor([1, 2], [2]).keep(), gpu.zeros([2]).keep()];
  const captured = gpu.capture(() => gpu.copy(scale(x, 2), y));
  captured.replay();
  assert.equal([...(await y.data())], [2, 4]);
  gpu.scope(() => {
    const w = leaf(gpu, [1, 1]);
    const loss = sum(mul(w, y));
    captured.replay();
    assert.throws(() => loss.backward(), overwritten);
  });
  const view = x.view();
  x.dispose();
  captured.replay(); // another handle holds it
  view.dispose();
  const other = gpu.tensor([5, 6], [2]).keep(); // takes its memory
  assert.throws(
    () => captured.replay(),
    (e: Error) => e instanceof ReleasedError && /replay: .*\[2\] from outside/.test(e.message),
  );
  for (const t of [y, other]) t.dispose();
  const { parameters, a } = network(gpu);
  const arena = gpu.capture(() => void scale(a, 2));
  arena.replay();
  parameters.dispose();
  assert.throws(
    () => arena.replay(),
    (e: Error) => e instanceof ReleasedError,
  );
});

test.run();
