import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Gpu } from "../../../../engine/core/gpu";
import { type Nd, nd, ramp } from "../../../../engine/core/nd";
import { Tensor } from "../../../../engine/core/tensor";
import { fill } from "../../../../engine/ops/basics";
import { type Conv2dAttrs, convGeometry } from "../../../../engine/ops/conv/geometry";
import type { Padded } from "../../../../engine/ops/conv/pad";
import { joinPadded } from "../../../../engine/ops/conv/pad-reference";
import type { ConvVariantName } from "../../../../engine/ops/conv/plan";
import { conv2dReference, eachResult, eachTerm } from "../../../../engine/ops/conv/reference";
import { add, conv2d, joinWithMargin, maxPool2d, sum } from "../../../../engine/ops/index";
import { testGpu } from "../../../helpers/gpu";
import { assertClose } from "../../../helpers/ops";

// Images with a margin of zeros in memory, written by one convolution and read in place by the next.
const test = suite("padded images");

/** Forward and gradients of one convolution against float64, x with a margin and y too. */
async function check(variant: ConvVariantName, size: number[], [co, k]: number[], margins: [x: number, y: number]) {
  const gpu = await testGpu();
  const [, , height, width] = size;
  const attrs: Conv2dAttrs = {
    ...{ padding: (k - 1) / 2, relu: true, variant, margin: margins[1] },
    ...(margins[0] ? { input: { height, width, margin: margins[0] } } : {}),
  };
  const x = margins[0] ? joinPadded([ramp(size, -1, 1, 1)], margins[0]) : ramp(size, -1, 1, 1);
  const [w, b] = [ramp([co, size[1], k, k], -1, 1, 2), ramp([co], -0.5, 0.5, 3)];
  const g = convGeometry([x.shape, w.shape], attrs);
  const y = conv2dReference([x, w, b], attrs);
  // A gradient that is not zero in the margin: nothing may come of that.
  const gy = ramp(y.shape, -1, 1, 9);
  const [dx, dw, db] = [nd(x.shape), nd(w.shape), nd(b.shape)];
  const open = gy.data.map((v, i) => (y.data[i] > 0 ? v : 0));
  eachResult(g, (yi, o) => {
    db.data[o] += open[yi];
  });
  eachTerm(g, (xi, wi, yi) => {
    dx.data[xi] += w.data[wi] * open[yi];
    dw.data[wi] += x.data[xi] * open[yi];
  });
  await gpu.scopeAsync(async () => {
    const inputs = [x, w, b].map((t) => gpu.tensor(t.data, t.shape));
    for (const t of inputs) t.requiresGrad = true;
    const result = conv2d(inputs[0], inputs[1], inputs[2], attrs).keep();
    gpu.tape.backward(result, gpu.tensor(gy.data, gy.shape));
    const what = `${variant}, x [${size}] with ${margins[0]}, y with ${margins[1]}`;
    const tolerance = variant === "winograd4" ? 1e-4 : 2e-5;
    for (const [got, want] of [[result, y], ...inputs.map((t, i) => [t.grad!, [dx, dw, db][i]])] as [Tensor, Nd][]) {
      assertClose(await got.data(), want.data, tolerance, what);
      got.dispose();
    }
  });
}

test("every family reads x with a margin and writes y with one, its own or another", async () => {
  const { adapter } = await testGpu();
  const slide = adapter.subgroupSize >= 4 ? "slideBroadcast" : "slidePlain";
  for (const variant of [slide, "slideRows", "tiled", "direct"] as const) {
    await check(variant, [2, 3, 5, 7], [5, 3], [1, 1]);
    await check(variant, [1, 2, 4, 4], [3, 3], [3, 0]);
    await check(variant, [1, 2, 1, 6], [2, 3], [0, 2]);
  }
  await check("winograd4", [2, 3, 5, 7], [5, 3], [1, 1]);
  await check("winogradRows", [2, 3, 5, 9], [5, 7], [3, 3]);
  await check("winogradRows", [1, 2, 4, 6], [3, 7], [0, 3]);
  await check(slide, [1, 2, 3, 5], [2, 1], [1, 0]);
  await check(slide, [2, 9, 6, 10], [17, 7], [3, 3]);
  await check("slideRows", [2, 9, 7, 10], [17, 7], [3, 3]);
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
