import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Gpu } from "../../../../engine/core/gpu";
import { type Nd, ramp } from "../../../../engine/core/nd";
import { Tensor } from "../../../../engine/core/tensor";
import { OptionError } from "../../../../engine/errors/errors";
import * as engine from "../../../../engine/index";
import { fill } from "../../../../engine/ops/basics";
import { conv2dReference } from "../../../../engine/ops/conv/reference";
import { add, conv2d, conv2dWithMargin, joinWithMargin, maxPool2d, sum } from "../../../../engine/ops/index";
import { checkConv, variantsFor } from "../../../helpers/conv";
import { testGpu } from "../../../helpers/gpu";
import { assertClose } from "../../../helpers/ops";

// Images with a margin of zeros in memory, written by one convolution and read in place by the next.
const test = suite("margins");

test("every variant reads x with a margin and writes y with one, its own or another", async () => {
  const { adapter } = await testGpu();
  const cases: [x: number[], w: number[], margins: [x: number, y: number]][] = [
    [
      [2, 3, 5, 7],
      [5, 3, 3],
      [1, 1],
    ],
    [
      [1, 2, 4, 4],
      [3, 3, 3],
      [3, 0],
    ],
    [
      [1, 2, 1, 6],
      [2, 3, 3],
      [0, 2],
    ],
    [
      [2, 3, 5, 9],
      [5, 7, 7],
      [3, 3],
    ],
    [
      [1, 2, 4, 6],
      [3, 7, 7],
      [0, 3],
    ],
    [
      [2, 9, 6, 10],
      [17, 7, 7],
      [3, 3],
    ],
    [
      [1, 2, 3, 5],
      [2, 1, 1],
      [1, 0],
    ],
    [
      [1, 2, 1, 6],
      [3, 1, 1],
      [1, 1],
    ],
  ];
  for (const [x, w, [margin, ofY]] of cases) {
    for (const relu of [true, false]) {
      const attrs = { padding: (w[1] - 1) / 2, relu, margin: ofY };
      await checkConv(variantsFor(adapter, x, w, attrs, margin), x, w, attrs, margin);
    }
  }
});

test("margins are no option of a library's user", async () => {
  const gpu = await testGpu();
  gpu.scope(() => {
    const [x, w] = [gpu.zeros([1, 1, 4, 4]), gpu.zeros([1, 1, 3, 3])];
    const refused = (name: string) => (e: unknown) => e instanceof OptionError && e.message.includes(`'${name}'`);
    assert.throws(() => conv2d(x, w, null, { margin: 1 } as never), refused("margin"));
    assert.throws(() => conv2d(x, w, null, { input: { height: 4, width: 4, margin: 0 } } as never), refused("input"));
    assert.throws(() => maxPool2d(x, { kernel: 2, input: {} } as never), refused("input"));
    assert.is(conv2d(x, w).layout, null);
  });
  for (const name of ["joinWithMargin", "conv2dWithMargin", "marginsPay", "plain"]) assert.not.ok(name in engine, name);
});

/**
 * Convolutions with a pooling between them and readers that share a result; the loss, and the gradients by x and weights.
 * @param mixed one of the readers is `add`, which knows no margins
 */
async function chain(gpu: Gpu, margin: 0 | 1, mixed: boolean) {
  const kernels: string[] = [];
  return gpu.scopeAsync(async () => {
    const leaf = (t: Nd): Tensor => {
      const made = gpu.tensor(t.data, t.shape);
      made.requiresGrad = true;
      return made;
    };
    const x = leaf(ramp([2, 3, 6, 10], -1, 1, 1));
    const w = [
      leaf(ramp([4, 3, 3, 3], -1, 1, 2)),
      leaf(ramp([4, 4, 3, 3], -1, 1, 3)),
      leaf(ramp([2, 4, 3, 3], -1, 1, 4)),
    ];
    const none = gpu.zeros([4]);
    gpu.commands.observer = ({ label, backward }) => {
      if (backward) kernels.push(label);
      return undefined;
    };
    const conv = (t: Tensor, weights: Tensor) => conv2dWithMargin(t, weights, none, { padding: 1, relu: true }, margin);
    const a = conv(margin ? joinWithMargin([x], margin) : x, w[0]);
    const [b, c] = [conv(a, w[1]), conv(a, w[1])];
    const half = maxPool2d(mixed ? add(b, c) : c, { kernel: 2 });
    const pooled = maxPool2d(b, { kernel: 2 });
    const loss = sum(add(conv2d(half, w[2], null, { padding: 1 }), conv2d(pooled, w[2], null, { padding: 1 })));
    gpu.tape.backward(loss);
    gpu.commands.observer = null;
    const gradients = await Promise.all([x, ...w].map((t) => t.grad!.data()));
    for (const t of [x, ...w]) t.grad!.dispose();
    return { loss: await loss.item(), gradients, kernels };
  });
}

test("a chain of convolutions and poolings is the same with margins and without", async () => {
  const gpu = await testGpu();
  const before = gpu.pool.liveBytes;
  for (const mixed of [false, true]) {
    const [plain, laid] = [await chain(gpu, 0, mixed), await chain(gpu, 1, mixed)];
    assertClose([laid.loss], [plain.loss], 1e-6, "the loss");
    for (const [i, want] of plain.gradients.entries()) assertClose(laid.gradients[i], want, 5e-6, `gradient ${i}`);
    // Gradients of y's without a ReLU, which promise nothing, are copied; those of a and c are not, nor is any x.
    const copies = ({ kernels }: typeof plain) => kernels.filter((name) => name.startsWith("conv_pad")).length;
    if (!mixed) assert.ok(copies(laid) <= copies(plain) / 2, `${copies(laid)} of ${copies(plain)}`);
  }
  assert.is(gpu.pool.liveBytes, before);
});

test("a pointwise convolution passes an infinity of the last channel on", async () => {
  const gpu = await testGpu();
  await gpu.scopeAsync(async () => {
    const x = ramp([1, 5, 2, 4], 1, 2);
    x.data[4 * 8 + 3] = Number.POSITIVE_INFINITY;
    const w = ramp([3, 5, 1, 1], 1, 2, 1);
    const y = conv2d(gpu.tensor(x.data, x.shape), gpu.tensor(w.data, w.shape), null, { variant: "pointwise" });
    const values = await y.data();
    const want = conv2dReference([x, w], {}).data;
    assert.is(want.filter((v) => v === Number.POSITIVE_INFINITY).length, 3);
    const finite = (v: number) => (v === Number.POSITIVE_INFINITY ? 1e3 : v);
    assertClose(values.map(finite), want.map(finite), 2e-5, "y");
  });
});

test("kernels of four elements an invocation leave what follows the last one alone", async () => {
  const gpu = await testGpu();
  for (const n of [1, 2, 3, 5, 6, 7]) {
    const all = gpu.tensor(
      Float32Array.from({ length: 8 }, (_, i) => i),
      [8],
    );
    const part = new Tensor(gpu, [n], all.storage.retain());
    fill(part, -1);
    assert.equal(
      [...(await all.data())],
      Array.from({ length: 8 }, (_, i) => (i < n ? -1 : i)),
    );
    part.dispose();
    all.dispose();
  }
});

test.run();
