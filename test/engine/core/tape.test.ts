import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Gpu } from "../../../engine/core/gpu";
import { defineOp, type NoAttrs } from "../../../engine/core/op";
import type { Tensor } from "../../../engine/core/tensor";
import { ReleasedError, ShapeError } from "../../../engine/errors/errors";
import { add, conv2d, maxPool2d, mul, relu, reshape, scale, sigmoid, sum } from "../../../engine/ops/index";
import { testGpu } from "../../helpers/gpu";

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

test("what was a ReLU's result is a leaf like any other once its history is cut: all of its gradient counts", () =>
  clean(async (gpu) => {
    const x = leaf(gpu, [-1, 2, -3, 4]);
    const w = gpu.tensor([5], [1, 1, 1, 1]);
    const image = (t: Tensor) => reshape(t, [1, 1, 2, 2]);
    const made: [string, () => Tensor, number[]][] = [
      ["detached", () => image(relu(x)).detach(), [5, 5, 5, 5]],
      ["a view", () => gpu.track(image(relu(x)).view()), [5, 5, 5, 5]],
      ["not recorded", () => gpu.tape.noGrad(() => relu(image(x))), [5, 5, 5, 5]],
      ["of constants", () => relu(gpu.tensor([-1, 2, -3, 4], [1, 1, 2, 2])), [5, 5, 5, 5]],
      ["of a fused ReLU", () => conv2d(image(x), w, null, { relu: true }).detach(), [5, 5, 5, 5]],
      ["reshaped constants", () => image(relu(gpu.tensor([-1, 2, -3, 4], [4]))), [5, 5, 5, 5]],
      ["pooled", () => maxPool2d(relu(gpu.tensor([-1, 0, -2, 0], [1, 1, 2, 2])), { kernel: 1 }), [5, 5, 5, 5]],
      ["pooled and detached", () => maxPool2d(relu(image(x)), { kernel: 2 }).detach(), [5]],
    ];
    for (const [what, make, want] of made) {
      const h = make();
      h.requiresGrad = true;
      assert.is(h.isLeaf, true, what);
      sum(conv2d(h, w)).backward();
      assert.equal(await values(h.grad), want, what);
      h.grad!.dispose();
    }
    assert.is(x.grad, null);
  }));

test("results of noGrad and of constants are leaves: marked later, they get their gradient", () =>
  clean(async (gpu) => {
    for (const make of [(t: Tensor) => gpu.tape.noGrad(() => scale(t, 3)), (t: Tensor) => scale(t.detach(), 3)]) {
      const h = make(leaf(gpu, [1, 2]));
      h.requiresGrad = true;
      sum(mul(h, h)).backward();
      assert.equal(await values(h.grad), [6, 12]);
      h.grad!.dispose();
    }
    const loss = leaf(gpu, [3]);
    loss.backward();
    assert.equal(await values(loss.grad), [1], "a leaf is its own graph");
    loss.grad!.dispose();
  }));

test("a GAN's two losses: through what is detached first, then through the whole", () =>
  clean(async (gpu) => {
    const [g, d] = [leaf(gpu, [2, 3]), leaf(gpu, [5, 7])];
    const fake = mul(g, g);
    sum(mul(fake.detach(), d)).backward();
    assert.equal([await values(d.grad), g.grad], [[4, 9], null]);
    sum(mul(fake, d)).backward();
    assert.equal(await values(g.grad), [20, 42]);
    assert.equal(await values(d.grad), [8, 18]);
    for (const t of [g, d]) t.grad!.dispose();
  }));

test("a graph used again after backward is refused before anything changes, and the error says what consumed it", () =>
  clean(async (gpu) => {
    const [g, d] = [leaf(gpu, [2, 3]), leaf(gpu, [5, 7])];
    const fake = mul(g, g).keep();
    sum(fake).backward();
    const before = await values(g.grad);
    const gone = (why: RegExp) => (e: Error) =>
      e instanceof ReleasedError && /made by mul/.test(e.message) && why.test(e.message);
    assert.throws(() => sum(mul(fake, d)).backward(), gone(/an earlier backward has consumed it/));
    assert.equal([await values(g.grad), d.grad], [before, null]);
    const inner = gpu.scope(() => void (scoped = mul(g, d).keep()));
    assert.is(inner, undefined);
    assert.throws(() => sum(scoped!).backward(), gone(/the scope it was made in has ended/));
    for (const t of [fake, scoped!, g.grad!]) t.dispose();
  }));
let scoped: Tensor | undefined;

test("what hangs on a consumed graph goes with it; another graph stays", () =>
  clean(async (gpu) => {
    const [a, b] = [leaf(gpu, [1, 2]), leaf(gpu, [3, 4])];
    const h = sigmoid(a);
    const hanging = scale(scale(h, 2), 2);
    const other = scale(b, 2);
    sum(h).backward();
    assert.equal([gpu.tape.length, hanging.disposed, other.disposed], [1, true, false]);
    sum(other).backward();
    assert.equal([gpu.tape.length, await values(b.grad)], [0, [2, 2]]);
    for (const t of [a, b]) t.grad!.dispose();
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
