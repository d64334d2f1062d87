import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Gpu } from "../../../../engine/core/gpu";
import { type Nd, ramp } from "../../../../engine/core/nd";
import { Tensor } from "../../../../engine/core/tensor";
import { fill } from "../../../../engine/ops/basics";
import type { Padded } from "../../../../engine/ops/conv/common/index";
import { conv2dReference } from "../../../../engine/ops/conv/reference";
import { add, conv2d, joinWithMargin, maxPool2d, sum } from "../../../../engine/ops/index";
import { checkConv, variantsFor } from "../../../helpers/conv";
import { testGpu } from "../../../helpers/gpu";
import { assertClose } from "../../../helpers/ops";

// Images with a margin of zeros in memory, written by one convolution and read in place by the next.
const test = suite("padded images");

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
    const attrs = { padding: (w[1] - 1) / 2, relu: true, margin: ofY };
    await checkConv(variantsFor(adapter, x, w, attrs, margin), x, w, attrs, margin);
  }
});

/** Convolutions with a pooling between them and two readers of one result; the loss, and the gradients by x and weights. */
async function chain(gpu: Gpu, margins: boolean) {
  const size = { height: 6, width: 10 };
  const at = (scale: number, margin: number): Padded => ({
    height: size.height / scale,
    width: size.width / scale,
    margin: margins ? margin : 0,
  });
  const kernels: string[] = [];
  return gpu.scopeAsync(async () => {
    const leaf = (t: Nd): Tensor => {
      const made = gpu.tensor(t.data, t.shape);
      made.requiresGrad = true;
      return made;
    };
    const x = leaf(ramp([2, 3, size.height, size.width], -1, 1, 1));
    const w = [
      leaf(ramp([4, 3, 3, 3], -1, 1, 2)),
      leaf(ramp([4, 4, 3, 3], -1, 1, 3)),
      leaf(ramp([2, 4, 3, 3], -1, 1, 4)),
    ];
    gpu.commands.observer = ({ label, backward }) => {
      if (backward) kernels.push(label);
      return undefined;
    };
    const m = margins ? 1 : 0;
    const image = margins ? joinWithMargin([x], 1) : x;
    const a = conv2d(image, w[0], null, { padding: 1, relu: true, input: at(1, 1), margin: m });
    const b = conv2d(a, w[1], null, { padding: 1, relu: true, input: at(1, 1), margin: m });
    const c = conv2d(a, w[1], null, { padding: 1, relu: true, input: at(1, 1), margin: m });
    const half = maxPool2d(add(b, c), { kernel: 2, input: at(1, 1) });
    const pooled = maxPool2d(b, { kernel: 2, input: at(1, 1) });
    const y = add(
      conv2d(half, w[2], null, { padding: 1, input: at(2, 1) }),
      conv2d(pooled, w[2], null, { padding: 1, input: at(2, 1) }),
    );
    const loss = sum(y);
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
  const [plain, padded] = [await chain(gpu, false), await chain(gpu, true)];
  assertClose([padded.loss], [plain.loss], 1e-6, "the loss");
  for (const [i, want] of plain.gradients.entries()) assertClose(padded.gradients[i], want, 5e-6, `gradient ${i}`);
  // Two gradients of y's without a ReLU, and that of `add`, which promises nothing, are copied; a's and b's parts are not.
  const copies = (kernels: string[]) => kernels.filter((name) => name.startsWith("conv_pad")).length;
  assert.ok(
    copies(padded.kernels) <= copies(plain.kernels) / 2,
    `${copies(padded.kernels)} of ${copies(plain.kernels)}`,
  );
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
