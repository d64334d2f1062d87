import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ReleasedError, ShapeError } from "../../engine/errors";
import type { Gpu } from "../../engine/gpu";
import { add, mul, relu, scale, sigmoid, sum } from "../../engine/ops/index";
import { defineOp, type NoAttrs } from "../../engine/ops/op";
import type { Tensor } from "../../engine/tensor";
import { testGpu } from "../helpers/gpu";

const test = suite("tape");

const leaf = (gpu: Gpu, values: number[]): Tensor => {
  const t = gpu.tensor(values, [values.length]);
  t.requiresGrad = true;
  return t;
};

const values = async (t: Tensor | null) => [...(await t!.data())];

/** Runs `body` in a scope and checks that neither memory nor nodes remain. */
async function clean(body: (gpu: Gpu) => Promise<void>): Promise<void> {
  const gpu = await testGpu();
  const before = gpu.pool.liveBytes;
  await gpu.scopeAsync(() => body(gpu));
  assert.is(gpu.pool.liveBytes, before, "memory");
  assert.equal([gpu.tape.length, gpu.tape.path.length, gpu.tape.recording], [0, 0, true]);
}

test("a leaf that several ops read gets the sum of its gradients", () =>
  clean(async (gpu) => {
    const x = leaf(gpu, [1, -2, 3]);
    // d/dx sum(relu(2x) + x * x) = 2 [x > 0] + 2x
    gpu.tape.backward(sum(add(relu(scale(x, 2)), mul(x, x))));
    assert.equal(await values(x.grad), [4, -4, 8]);
    // A second graph adds to what is there.
    gpu.tape.backward(sum(scale(x, 10)));
    assert.equal(await values(x.grad), [14, 6, 18]);
    x.grad!.dispose();
  }));

test("only what needs a gradient is recorded, and only it gets one", () =>
  clean(async (gpu) => {
    const [x, data] = [leaf(gpu, [1, 2]), gpu.tensor([3, 4], [2])];
    scale(data, 2);
    assert.is(gpu.tape.length, 0);
    gpu.tape.backward(sum(mul(x, data)));
    assert.equal(await values(x.grad), [3, 4]);
    assert.is(data.grad, null);
    x.grad!.dispose();
  }));

test("noGrad records nothing, whatever it throws", () =>
  clean(async (gpu) => {
    const x = leaf(gpu, [1, 2]);
    const y = gpu.tape.noGrad(() => scale(x, 2));
    assert.equal([y.requiresGrad, gpu.tape.length], [false, 0]);
    assert.throws(
      () =>
        gpu.tape.noGrad(() => {
          throw new Error("on purpose");
        }),
      /on purpose/,
    );
    const z = await gpu.tape.noGradAsync(async () => {
      await gpu.finish();
      return gpu.tape.noGrad(() => scale(x, 2)); // nested
    });
    assert.equal([z.requiresGrad, gpu.tape.recording], [false, true]);
    assert.throws(
      () => gpu.tape.backward(sum(y)),
      (e: Error) => e instanceof ShapeError && /depends on nothing/.test(e.message),
    );
  }));

test("detach cuts the history and shares the memory", () =>
  clean(async (gpu) => {
    const x = leaf(gpu, [2, 3]);
    const y = scale(x, 5);
    const constant = y.detach();
    assert.is(constant.storage, y.storage);
    assert.equal([constant.requiresGrad, constant.isLeaf], [false, true]);
    gpu.tape.backward(sum(mul(x, constant))); // without detach the gradient would be 2 * 5 * x
    assert.equal(await values(x.grad), [10, 15]);
    x.grad!.dispose();
  }));

test("backward releases what it has used, and says so to who comes too late", () =>
  clean(async (gpu) => {
    const x = leaf(gpu, [1, 2]);
    const hidden = sigmoid(x);
    const wanted = scale(hidden, 3).keep();
    const loss = sum(wanted);
    gpu.tape.backward(loss);
    assert.throws(
      () => relu(hidden),
      (e: Error) => e instanceof ReleasedError,
    );
    const total = (await values(wanted)).reduce((a, b) => a + b);
    assert.is(await loss.item(), Math.fround(total), "the loss and what was kept are still there");
    assert.throws(
      () => gpu.tape.backward(loss),
      (e: Error) => e instanceof ReleasedError && /no longer recorded/.test(e.message),
    );
    for (const t of [wanted, x.grad!]) t.dispose();
  }));

test("a graph ends with the scope it was made in, unless what the scope returns hangs on it", () =>
  clean(async (gpu) => {
    const x = leaf(gpu, [1, 2]);
    gpu.scope(() => void sigmoid(x));
    assert.is(gpu.tape.length, 0);
    const loss = gpu.scope(() => sum(sigmoid(x)));
    assert.is(gpu.tape.length, 2);
    gpu.tape.backward(loss);
    assert.is((await values(x.grad)).length, 2);
    x.grad!.dispose();
  }));

test("a value that is dropped is kept for backward, and freed by it", () =>
  clean(async (gpu) => {
    const x = leaf(gpu, new Array<number>(1024).fill(0.5));
    const before = gpu.pool.liveBytes;
    let h: Tensor = sigmoid(x); // saves its output
    for (let i = 0; i < 3; i++) {
      const next = sigmoid(h);
      h.dispose();
      h = next;
    }
    assert.is(gpu.pool.liveBytes, before + 4 * 4096, "four saved outputs");
    const loss = sum(h);
    h.dispose();
    gpu.tape.backward(loss);
    assert.is(gpu.pool.liveBytes, before + 4096 + 16, "the leaf's gradient and the loss");
    x.grad!.dispose();
  }));

test("memory falls while backward proceeds", async () => {
  const gpu = await testGpu();
  const live: number[] = [];
  /** y = x; its vjp notes the memory in use. */
  const probe = defineOp<NoAttrs>({
    name: "probe",
    shape: ([x]) => x,
    forward: (_, [x], y) => gpu.copy(x, y),
    saves: { inputs: [0] },
    vjp(_, __, { gy, out, shapes }) {
      live.push(gpu.pool.liveBytes);
      const g = out(shapes[0]);
      gpu.copy(gy, g);
      return g;
    },
    reference: ([x]) => x,
    samples: () => [],
  });
  await clean(async () => {
    const x = leaf(gpu, new Array<number>(1024).fill(1));
    let h = x;
    for (let i = 0; i < 5; i++) h = probe.apply([h], {});
    gpu.tape.backward(sum(h));
    x.grad!.dispose();
  });
  assert.equal(
    live.slice(1).map((bytes, i) => bytes - live[i]),
    [-4096, -4096, -4096, -4096],
  );
});

test("an op whose vjp reads what it did not save, or fails, is named and leaves nothing behind", () =>
  clean(async (gpu) => {
    const forgetful = defineOp<NoAttrs>({
      name: "forgetful",
      shape: ([x]) => x,
      forward: (_, [x], y) => gpu.copy(x, y),
      vjp: (_, __, { input }) => input(0),
      reference: ([x]) => x,
      samples: () => [],
    });
    const wrong = defineOp<NoAttrs>({
      ...forgetful,
      name: "wrong",
      vjp: () => gpu.zeros([7]),
    });
    const x = leaf(gpu, [1, 2]);
    const run = (op: typeof wrong) => () => gpu.tape.backward(sum(sigmoid(op.apply([sigmoid(x)], {}))));
    assert.throws(run(forgetful), /forgetful: vjp reads input 0, which `saves` does not name/);
    assert.throws(run(wrong), (e: Error) => e instanceof ShapeError && /wrong: vjp of input 0/.test(e.message));
    assert.equal([gpu.tape.length, x.grad], [0, null]);
  }));

test("backward needs a scalar, or a seed of the result's size", () =>
  clean(async (gpu) => {
    const x = leaf(gpu, [1, 2]);
    const shapeError = (e: Error) => e instanceof ShapeError;
    assert.throws(() => gpu.tape.backward(scale(x, 2)), shapeError);
    assert.throws(() => gpu.tape.backward(scale(x, 2), gpu.zeros([3])), shapeError);
    const y = scale(x, 2);
    gpu.tape.backward(y, gpu.tensor([10, 20], [2]));
    assert.equal(await values(x.grad), [20, 40]);
    x.grad!.dispose();
  }));

test("the observer sees every result and gradient with its layer", () =>
  clean(async (gpu) => {
    const seen: string[] = [];
    gpu.tape.observer = (what) => seen.push(what);
    try {
      const x = leaf(gpu, [1, 2]);
      const y = gpu.tape.in("outer", () => gpu.tape.in("inner", () => relu(x)));
      gpu.tape.backward(gpu.tape.in("loss", () => sum(y)));
      x.grad!.dispose();
    } finally {
      gpu.tape.observer = null;
    }
    assert.equal(seen, [
      "relu in outer.inner",
      "sum in loss",
      "gradient of sum in loss",
      "gradient of relu in outer.inner",
    ]);
  }));

test("a frozen leaf costs nothing: its gradient is not computed", () =>
  clean(async (gpu) => {
    const [x, w] = [leaf(gpu, [1, 2]), leaf(gpu, [3, 4])];
    w.requiresGrad = false;
    const loss = sum(mul(x, w));
    const dispatches = gpu.commands.count.dispatches;
    gpu.tape.backward(loss);
    const one = gpu.commands.count.dispatches - dispatches;
    w.requiresGrad = true;
    const both = sum(mul(x, w));
    const again = gpu.commands.count.dispatches;
    gpu.tape.backward(both);
    assert.ok(gpu.commands.count.dispatches - again > one);
    assert.equal(await values(w.grad), [1, 2]);
    assert.equal(await values(x.grad), [6, 8]);
    for (const t of [x, w]) t.grad!.dispose();
  }));

test.run();
