import { suite } from "uvu";
import * as assert from "uvu/assert";
import { checkpoint } from "../../../engine/core/checkpoint";
import type { Gpu } from "../../../engine/core/gpu";
import { copyTo } from "../../../engine/core/images";
import { withMargin, zerosAround } from "../../../engine/core/layout";
import { mapNd, nd, ramp } from "../../../engine/core/nd";
import { defineOp } from "../../../engine/core/op";
import type { Tensor } from "../../../engine/core/tensor";
import { OverwrittenError } from "../../../engine/errors/errors";
import {
  add,
  addInto,
  concat,
  conv2d,
  conv2dWithMargin,
  joinWithMargin,
  maxPool2d,
  mul,
  reshape,
  sum,
} from "../../../engine/ops/index";
import { Sgd } from "../../../engine/optim/sgd";
import { laidOut, scoped, spoil, values } from "../../helpers/layouts";
import { assertClose, everyOp } from "../../helpers/ops";

// Ops and gradients of images that do not lie one after another in memory: all is as if they did.
const test = suite("layout");

const SHAPE = [2, 3, 5, 6] as const;

type AnyOp = (typeof everyOp)[number];

/** A sample's result and gradients, all its images with a margin or none. */
async function run(gpu: Gpu, op: AnyOp, sample: ReturnType<AnyOp["samples"]>[number], margin: number) {
  const inputs = sample.inputs.map((x) => laidOut(gpu, x, x.shape.length === 4 ? margin : 0));
  if (op.vjp) for (const x of inputs) x.requiresGrad = true;
  const y = op.apply(inputs, sample.attrs);
  const got = [await y.data()];
  if (!op.vjp) return got;
  const gy = ramp(y.shape, -1, 1, 7);
  y.backward(gpu.tensor(gy.data, gy.shape));
  for (const x of inputs) {
    assert.equal(x.grad!.layout, x.layout, `${op.name}: a gradient lies as what it is of`);
    got.push(await x.grad!.data());
    x.grad!.dispose();
  }
  return got;
}

test("every op computes the same of images that lie otherwise", () =>
  scoped(async (gpu) => {
    let compared = 0;
    for (const op of everyOp) {
      for (const sample of op.samples().filter(({ inputs }) => inputs.some((x) => x.shape.length === 4))) {
        const differentiable = !sample.differentiable || sample.differentiable.length === sample.inputs.length;
        const one = differentiable ? op : { ...op, vjp: null };
        const plain = await gpu.scopeAsync(() => run(gpu, one, sample, 0));
        spoil(gpu, 1024, 2);
        const laid = await gpu.scopeAsync(() => run(gpu, one, sample, 1));
        for (const [k, want] of plain.entries()) assertClose(laid[k], want, 5e-6, `${op.name}, ${k}`);
        compared++;
      }
    }
    assert.ok(compared > 40, `${compared} samples`);
  }));

interface Net {
  x: Tensor;
  w: Tensor;
  v: Tensor;
}

type Cut = typeof checkpoint;
const uncut: Cut = (inputs, body) => body(inputs);

/** Gradients of a graph by its leaves, and its value. */
async function gradients(gpu: Gpu, graph: (net: Net, margin: number, cut: Cut) => Tensor, margin: number, cut = uncut) {
  return gpu.scopeAsync(async () => {
    const leaf = (shape: number[], seed: number) => {
      const { data } = ramp(shape, -1, 1, seed);
      const t = gpu.tensor(data, shape);
      t.requiresGrad = true;
      return t;
    };
    const net = { x: leaf([2, 3, 6, 10], 1), w: leaf([3, 3, 3, 3], 2), v: leaf([3, 3, 3, 3], 3) };
    spoil(gpu, 4 * 2 * 3 * 8 * 16, 2);
    const loss = gpu.scope(() => graph(net, margin, cut));
    const all = [await loss.item()];
    loss.backward();
    for (const t of Object.values(net)) {
      all.push(...(await t.grad!.data()));
      t.grad!.dispose();
    }
    return all;
  });
}

const conv = (x: Tensor, w: Tensor, margin: number) =>
  conv2dWithMargin(x, w, x.gpu.zeros([w.shape[0]]), { padding: 1, relu: true }, margin);

/** One result with readers that know layouts and readers that do not, in an order or the other. */
const READERS: Record<string, (a: Tensor, net: Net, margin: number) => Tensor> = {
  "an op that knows no layouts, alone": (a) => sum(mul(a, a)),
  "it, and one that does": (a, { v }, m) => add(sum(mul(a, a)), sum(conv(a, v, m))),
  "one that does, and it": (a, { v }, m) => add(sum(conv(a, v, m)), sum(mul(a, a))),
  "three, one of them pooling": (a, { v }, m) =>
    add(sum(mul(maxPool2d(a, { kernel: 2 }), 3)), add(sum(conv(a, v, m)), sum(mul(a, a)))),
  "the join along channels, and a view": (a, { x }, m) =>
    add(
      sum(conv(concat([a, x], 0), a.gpu.zeros([1, 3, 3, 3]), m)),
      sum(mul(reshape(concat([a, x, a], 1), [-1, 5]), 2)),
    ),
  "an average, a large window, another margin": (a, { v }, m) =>
    add(sum(conv(maxPool2d(a, { kernel: 3, padding: 1 }), v, m)), sum(conv(conv(a, v, 3 * m), v, 0))),
};

for (const [name, readers] of Object.entries(READERS)) {
  test(`gradients of images with a margin, read by ${name}`, () =>
    scoped(async (gpu) => {
      const graph = (net: Net, m: number) => {
        const a = conv(m ? joinWithMargin([net.x], m) : net.x, net.w, m);
        return add(readers(a, net, m), sum(net.v));
      };
      const plain = await gradients(gpu, graph, 0);
      assertClose(await gradients(gpu, graph, 1), plain, 5e-6, name);
    }));
}

test("finite differences agree with a graph of both kinds", () =>
  scoped(async (gpu) => {
    const x = ramp([1, 2, 4, 6], -1, 1, 1);
    const w = gpu.tensor(ramp([2, 2, 3, 3], -1, 1, 2).data, [2, 2, 3, 3]);
    const graph = (t: Tensor, margin: number) => {
      const a = conv2dWithMargin(t, w, gpu.zeros([2]), { padding: 1 }, margin);
      return sum(add(mul(a, a), conv2d(a, w, null, { padding: 1 })));
    };
    const leaf = laidOut(gpu, x, 2);
    leaf.requiresGrad = true;
    graph(leaf, 1).backward();
    const got = await leaf.grad!.data();
    leaf.grad!.dispose();
    const h = 1e-2;
    const at = (i: number, step: number) =>
      gpu.scopeAsync(async () => {
        const moved = x.data.map((v, k) => (k === i ? v + step : v));
        return graph(gpu.tensor(moved, x.shape), 0).item();
      });
    const want: number[] = [];
    for (let i = 0; i < x.data.length; i += 5) want.push(((await at(i, h)) - (await at(i, -h))) / (2 * h));
    assertClose(
      got.filter((_, i) => i % 5 === 0),
      want,
      2e-3,
      "gradient",
    );
  }));

test("a checkpoint's inputs and result may have layouts; gradients are equal bit for bit", () =>
  scoped(async (gpu) => {
    const graph = (net: Net, m: number, cut: Cut) => {
      const a = conv(joinWithMargin([net.x], m), net.w, m);
      const b = cut([a, net.x], ([p, q]) => conv(joinWithMargin([add(p, q)], m), net.v, m));
      const c = cut([b], ([p]) => maxPool2d(conv(p, net.w, m), { kernel: 2 }));
      return add(sum(mul(c, c)), sum(b));
    };
    assert.equal(await gradients(gpu, graph, 1, checkpoint), await gradients(gpu, graph, 1));
    assertClose(
      await gradients(gpu, graph, 1),
      await gradients(gpu, (n, _, cut) => plainGraph(n, cut), 1),
      5e-6,
      "plain",
    );
  }));

function plainGraph(net: Net, cut: Cut): Tensor {
  const a = conv(net.x, net.w, 0);
  const b = cut([a, net.x], ([p, q]) => conv(add(p, q), net.v, 0));
  const c = maxPool2d(conv(b, net.w, 0), { kernel: 2 });
  return add(sum(mul(c, c)), sum(b));
}

test("pooling reads images with more zeros above than on the left", () =>
  scoped(async (gpu) => {
    const x = ramp([2, 2, 5, 6]);
    const run = async (leaf: Tensor) => {
      leaf.requiresGrad = true;
      const y = maxPool2d(leaf, { kernel: 2 });
      y.backward(gpu.tensor(ramp(y.shape).data, y.shape));
      const both = [await values(y), await values(leaf.grad!)];
      leaf.grad!.dispose();
      return both;
    };
    const uneven = copyTo(gpu.tensor(x.data, x.shape), x.shape, zerosAround(5, 6, 1, 3));
    assert.equal(await run(uneven), await run(gpu.tensor(x.data, x.shape)));
  }));

test("an input that occurs twice is made contiguous once, and let go", () =>
  scoped(async (gpu) => {
    const x = laidOut(gpu, ramp(SHAPE), 1);
    await gpu.finish();
    const seen: string[] = [];
    gpu.commands.observer = ({ label }) => void seen.push(label);
    const before = gpu.pool.liveBytes;
    const y = mul(x, x);
    gpu.commands.observer = null;
    assert.is(seen.filter((label) => label.startsWith("strided_copy")).length, 1);
    assert.is(gpu.pool.liveBytes - before, y.bytes);
  }));

test("a write to images that backward will read is found", () =>
  scoped(async (gpu) => {
    const x = laidOut(gpu, ramp(SHAPE), 1);
    const w = gpu.tensor(ramp([2, 3, 3, 3]).data, [2, 3, 3, 3]);
    w.requiresGrad = true;
    const loss = sum(conv2d(x, w));
    gpu.write(x, ramp(SHAPE, -1, 1, 2).data);
    assert.throws(
      () => loss.backward(),
      (e: unknown) => e instanceof OverwrittenError,
    );
  }));

test("a seed lies as it likes, and so may a loss and a place for a gradient", () =>
  scoped(async (gpu) => {
    const [x, gy] = [ramp(SHAPE), ramp(SHAPE, -1, 1, 5)];
    const shape = [3, 3, 3, 3];
    const w = gpu.tensor(ramp(shape).data, shape);
    const by = async (margins: { x: number; y: number; seed: number; grad?: number }, flat = false) => {
      const leaf = laidOut(gpu, x, margins.x);
      leaf.requiresGrad = true;
      if (margins.grad !== undefined) {
        leaf.grad = laidOut(gpu, nd(SHAPE), margins.grad);
        leaf.gradIsFresh = true;
      }
      const seed = flat ? gpu.tensor(gy.data, [180]) : laidOut(gpu, gy, margins.seed);
      conv(leaf, w, margins.y).backward(seed);
      const got = await leaf.grad!.data();
      leaf.grad!.dispose();
      return got;
    };
    const want = await by({ x: 0, y: 0, seed: 0 });
    for (const margins of [
      { x: 1, y: 1, seed: 0 },
      { x: 0, y: 1, seed: 2 },
      { x: 2, y: 0, seed: 1 },
      { x: 1, y: 1, seed: 1, grad: 0 },
      { x: 0, y: 1, seed: 1, grad: 1 },
    ]) {
      assertClose(await by(margins), want, 2e-6, JSON.stringify(margins));
    }
    assertClose(await by({ x: 1, y: 1, seed: 0 }, true), want, 2e-6, "a flat seed");
    // Ones, where the loss is one image of one value.
    const one = laidOut(gpu, ramp([1, 1, 1, 1]), 1);
    one.requiresGrad = true;
    conv2dWithMargin(one, gpu.tensor([2], [1, 1, 1, 1]), gpu.zeros([1]), {}, 1).backward();
    assert.is(await one.grad!.item(), 2);
    one.grad!.dispose();
  }));

test("gradients that an op returns in a layout of its own are added up in the tensor's", () =>
  scoped(async (gpu) => {
    const double = defineOp<Record<string, never>>({
      name: "double",
      layouts: "all",
      shape: ([x]) => x,
      forward: (device, [x], y) => {
        device.copy(x, y);
        addInto(y, x);
      },
      vjp: (device, _, { gy, shapes: [x] }) => {
        const gx = device.empty(x, "f32", withMargin(x[2], x[3], 3));
        device.copy(gy, gx);
        addInto(gx, gy);
        return gx;
      },
      reference: ([x]) => mapNd(x, (v) => 2 * v),
      samples: () => [{ inputs: [ramp(SHAPE)], attrs: {} }],
    });
    for (const leaf of [laidOut(gpu, ramp(SHAPE), 1), laidOut(gpu, ramp(SHAPE), 0)]) {
      leaf.requiresGrad = true;
      const a = mul(leaf, 1);
      sum(add(double.apply([a], {}), double.apply([a], {}))).backward();
      assert.equal(await values(leaf.grad!), Array(leaf.size).fill(4));
      assert.equal(leaf.grad!.layout, leaf.layout);
      leaf.grad!.dispose();
    }
  }));

test("a gradient that two tensors share is changed for neither", () =>
  scoped(async (gpu) => {
    const total = defineOp<Record<string, never>>({
      name: "total",
      layouts: "all",
      shape: ([x]) => x,
      layout: ([x]) => x.layout,
      forward: (device, inputs, y) => {
        device.clear(y);
        for (const x of inputs) addInto(y, x);
      },
      vjp: (_, __, { gy }) => gy.view(),
      reference: ([x]) => x,
      samples: () => [],
    });
    const w = gpu.tensor(ramp([3, 3, 3, 3]).data, [3, 3, 3, 3]);
    const run = async (margin: number) => {
      const [a, b] = [1, 2].map((seed) => laidOut(gpu, ramp(SHAPE, -1, 1, seed), margin));
      for (const t of [a, b]) t.requiresGrad = true;
      const c = conv(a, w, margin);
      // c's gradient is that of all that is made of it, once each; b's is one of these.
      total.apply([c, total.apply([c, b], {})], {}).backward(laidOut(gpu, ramp(SHAPE, -1, 1, 3), margin));
      const both = await Promise.all([a, b].map((t) => t.grad!.data()));
      for (const t of [a, b]) {
        assert.equal(t.grad!.layout, t.layout);
        t.grad!.dispose();
      }
      return both;
    };
    const [plain, laid] = [await run(0), await run(1)];
    for (const i of [0, 1]) assertClose(laid[i], plain[i], 2e-6, `gradient ${i}`);
    assert.equal([...plain[1]], [...ramp(SHAPE, -1, 1, 3).data]);
  }));

test("whoever watches ops and gradients sees their values alone", () =>
  scoped(async (gpu) => {
    const seen: [string, Tensor][] = [];
    spoil(gpu, 4 * 2 * 3 * 8 * 16, 6);
    const w = gpu.tensor(ramp([3, 3, 3, 3]).data, [3, 3, 3, 3]);
    w.requiresGrad = true;
    gpu.tape.observer = (what, t) => seen.push([what, t.view()]);
    try {
      const a = conv(joinWithMargin([gpu.tensor(ramp([2, 3, 6, 10]).data, [2, 3, 6, 10])], 1), w, 1);
      sum(conv(conv(a, w, 1), w, 0)).backward();
    } finally {
      gpu.tape.observer = null;
    }
    assert.ok(seen.some(([what]) => what.startsWith("gradient of conv2d")));
    w.grad!.dispose();
    for (const [what, t] of seen) {
      assert.is(t.layout, null, what);
      assert.ok((await t.data()).every(Number.isFinite), what);
      t.dispose();
    }
  }));

test("an optimizer refuses leaves that lie otherwise", () =>
  scoped(async (gpu) => {
    assert.throws(() => new Sgd([laidOut(gpu, ramp(SHAPE), 1)], { lr: 0.1 }), /does not lie contiguously/);
  }));

test.run();
