import { suite } from "uvu";
import * as assert from "uvu/assert";
import { checkpoint } from "../../../engine/core/checkpoint";
import type { Gpu } from "../../../engine/core/gpu";
import { sizeOf, type Tensor } from "../../../engine/core/tensor";
import { add, conv2d, mul, sum } from "../../../engine/ops/index";
import { testGpu } from "../../helpers/gpu";
import { numbers } from "../../helpers/tiny";

const test = suite("checkpoint");

type Cut = typeof checkpoint;
const uncut: Cut = (inputs, run) => run(inputs);

interface Leaves {
  x: Tensor;
  w: Tensor;
  v: Tensor;
}

const conv = (x: Tensor, w: Tensor) => conv2d(x, w, null, { padding: 1, relu: true });

/** Two layers inside, one of them twice; x and the result of the first layer have other readers besides. */
function loss({ x, w, v }: Leaves, cut: Cut): Tensor {
  const h = conv(x, w);
  const y = cut([h, x], ([a, b]) => add(mul(conv(conv(a, w), v), a), mul(b, a)));
  const z = cut([y, h], ([a, b]) => conv(add(a, b), v));
  return sum(add(mul(z, x), h));
}

/** Gradients of the loss, and what the tape kept for them. */
async function gradients(gpu: Gpu, cut: Cut, frozen: readonly (keyof Leaves)[] = []) {
  return gpu.scopeAsync(async () => {
    const make = (seed: number, shape: number[]) => gpu.tensor(numbers(sizeOf(shape), seed, -1), shape);
    const leaves: Leaves = { x: make(1, [2, 3, 6, 7]), w: make(2, [3, 3, 3, 3]), v: make(3, [3, 3, 3, 3]) };
    const wanted = (Object.keys(leaves) as (keyof Leaves)[]).filter((name) => !frozen.includes(name));
    for (const name of wanted) leaves[name].requiresGrad = true;
    const before = gpu.tape.length;
    const l = gpu.scope(() => loss(leaves, cut));
    const recorded = gpu.tape.length - before;
    const live = gpu.pool.liveBytes;
    const value = await l.item();
    gpu.tape.backward(l);
    const all: number[] = [value];
    for (const name of wanted) {
      all.push(...(await leaves[name].grad!.data()));
      leaves[name].grad!.dispose();
    }
    return { all, recorded, live };
  });
}

test("gradients are equal bit for bit, whoever else reads a segment's inputs", async () => {
  const gpu = await testGpu();
  const before = gpu.pool.liveBytes;
  for (const frozen of [[], ["x"], ["w"], ["x", "v"], ["x", "w"]] as (keyof Leaves)[][]) {
    const [plain, cut] = [await gradients(gpu, uncut, frozen), await gradients(gpu, checkpoint, frozen)];
    assert.equal(cut.all, plain.all, `frozen ${frozen}`);
    assert.ok(plain.all.some((v) => v !== 0));
    assert.ok(cut.recorded < plain.recorded && cut.live < plain.live, "less is kept");
  }
  assert.equal([gpu.pool.liveBytes, gpu.tape.length, gpu.tape.recording], [before, 0, true]);
});

test("segments may hold segments", async () => {
  const gpu = await testGpu();
  const nested: Cut = (inputs, run) => checkpoint(inputs, (outer) => checkpoint(outer, run));
  assert.equal((await gradients(gpu, nested)).all, (await gradients(gpu, uncut)).all);
});

test("nothing is recorded where nothing wants a gradient", async () => {
  const gpu = await testGpu();
  gpu.scope(() => {
    const x = gpu.tensor(numbers(8, 1), [8]);
    const y = checkpoint([x], ([a]) => mul(a, a));
    assert.equal([y.requiresGrad, gpu.tape.length], [false, 0]);
    x.requiresGrad = true;
    const z = gpu.tape.noGrad(() => checkpoint([x], ([a]) => mul(a, a)));
    assert.equal([z.requiresGrad, gpu.tape.length], [false, 0]);
  });
});

test("a segment runs again only where its gradient is wanted, in the layer where it stood", async () => {
  const gpu = await testGpu();
  const paths: string[] = [];
  gpu.scope(() => {
    const x = gpu.tensor(numbers(8, 1), [8]);
    x.requiresGrad = true;
    const run = ([a]: readonly Tensor[]) => {
      paths.push(gpu.tape.path.join("."));
      return mul(a, a);
    };
    const y = gpu.tape.in("one", () => checkpoint([x], run));
    gpu.tape.in("two", () => checkpoint([x], run));
    gpu.tape.backward(sum(y));
    x.grad!.dispose();
  });
  assert.equal(paths, ["one", "two", "one"]);
  assert.equal([gpu.tape.path, gpu.tape.length], [[], 0]);
});

test("an error on the way back leaves nothing behind", async () => {
  const gpu = await testGpu();
  const before = gpu.pool.liveBytes;
  let runs = 0;
  gpu.scope(() => {
    const x = gpu.tensor(numbers(8, 1), [8]);
    x.requiresGrad = true;
    const y = checkpoint([x], ([a]) => {
      if (runs++ > 0) throw new Error("on purpose");
      return mul(a, a);
    });
    assert.throws(() => gpu.tape.backward(sum(y)), /on purpose/);
  });
  assert.equal([gpu.pool.liveBytes, gpu.tape.length, gpu.tape.recording, gpu.tape.path], [before, 0, true, []]);
});

test.run();
