import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Gpu } from "../../../engine/core/gpu";
import type { Tensor } from "../../../engine/core/tensor";
import {
  avgPool2d,
  concat,
  conv2d,
  exp,
  log,
  maxPool2d,
  relu,
  sigmoid,
  softmax,
  sqrt,
} from "../../../engine/ops/index";
import { variantsFor } from "../../helpers/conv";
import { type GoldenArray, goldenOps } from "../../helpers/golden";
import { testGpu } from "../../helpers/gpu";
import { assertClose } from "../../helpers/ops";

const test = suite("layers");
const golden = goldenOps();

const upload = (gpu: Gpu, { data, shape }: GoldenArray) => gpu.tensor(data, shape);

const floats = ({ data }: GoldenArray): number[] => [...Float32Array.from(data)];

/** The bits of float32 values: zeros of either sign differ. */
const bits = (values: ArrayLike<number>): number[] => [...new Uint32Array(Float32Array.from(values).buffer)];

/** f(x), and the gradient by each input for a given gy. */
async function run(gpu: Gpu, f: (...x: Tensor[]) => Tensor, inputs: GoldenArray[], gy: GoldenArray) {
  return gpu.scopeAsync(async () => {
    const x = inputs.map((a) => upload(gpu, a));
    for (const t of x) t.requiresGrad = true;
    const y = f(...x);
    const values = await y.data();
    gpu.tape.backward(y, upload(gpu, gy));
    const grads = await Promise.all(x.map((t) => t.grad!.data()));
    for (const t of x) t.grad!.dispose();
    return { values, grads };
  });
}

test("golden max pooling: ties, zeros of either sign, odd sizes", async () => {
  const gpu = await testGpu();
  for (const name of ["pool0", "pool1", "pool2", "pool3", "pool4", "pool5"] as const) {
    const { x, y, gy, gx } = golden[name];
    const got = await run(gpu, (t) => maxPool2d(t, { kernel: 2 }), [x], gy);
    assert.equal(bits(got.values), bits(y.data), `${name}: values, bit for bit`);
    assert.equal([...got.grads[0]], floats(gx), `${name}: gradient`);
  }
});

test("overlapping max pooling gives a tie's gradient to the first in each window", async () => {
  const gpu = await testGpu();
  const ones: GoldenArray = { shape: [1, 1, 3, 3], data: new Array<number>(9).fill(1) };
  const gy: GoldenArray = { shape: [1, 1, 2, 2], data: [1, 10, 100, 1000] };
  const got = await run(gpu, (t) => maxPool2d(t, { kernel: 2, stride: 1 }), [ones], gy);
  assert.equal([...got.grads[0]], [1, 10, 0, 100, 1000, 0, 0, 0, 0]);
});

test("golden concat", async () => {
  const gpu = await testGpu();
  const { a, b, c, y, gy, ga, gb, gc } = golden.concat;
  const got = await run(gpu, (...x) => concat(x, 1), [a, b, c], gy);
  assert.equal([...got.values], floats(y));
  assert.equal(
    got.grads.map((g) => [...g]),
    [ga, gb, gc].map(floats),
  );
});

test("golden relu: zeros, infinity, NaN", async () => {
  const gpu = await testGpu();
  const { x, y, grad } = golden.relu;
  // Subnormal inputs are left out: drivers may flush them to zero.
  const at = x.map((_, i) => i).filter((i) => Math.abs(parse(x[i])) > 1e-37 || Number(x[i]) === 0 || x[i] === "nan");
  const pick = <T>(values: T[]) => at.map((i) => values[i]);
  const shape = [at.length];
  const input = { shape, data: pick(x).map(parse) };
  const got = await run(gpu, relu, [input], { shape, data: at.map(() => 1) });
  assert.equal(
    [...got.values],
    pick(y).map((v) => Math.fround(parse(v))),
  );
  assert.equal([...got.grads[0]], pick(grad));
});

const parse = (text: string): number => (text === "inf" ? Number.POSITIVE_INFINITY : Number(text));

test("golden sigmoid: from -10,000 to 10,000", async () => {
  const gpu = await testGpu();
  const { x, y, grad } = golden.sigmoid;
  const shape = [x.length];
  const got = await run(gpu, sigmoid, [{ shape, data: x }], { shape, data: x.map(() => 1) });
  x.forEach((v, i) => {
    // Below the smallest normal number (1.2e-38) a driver may answer 0.
    const close = (a: number, b: number) => Math.abs(a - b) <= 2e-6 * b + 1.2e-38;
    assert.ok(close(got.values[i], y[i]), `sigmoid(${v}) is ${got.values[i]} for ${y[i]}`);
    assert.ok(close(got.grads[0][i], grad[i]), `sigmoid'(${v}) is ${got.grads[0][i]} for ${grad[i]}`);
  });
});

test("NaN is not swallowed", async () => {
  const gpu = await testGpu();
  const x: GoldenArray = { shape: [1, 1, 2, 4], data: [1, Number.NaN, 3, 4, 2, 5, 6, 7] };
  const nans = async (f: (x: Tensor) => Tensor) =>
    gpu.scopeAsync(async () => [...(await f(upload(gpu, x)).data())].map((v) => Number.isNaN(v)));
  assert.equal(await nans((t) => maxPool2d(t, { kernel: 2 })), [true, false]);
  assert.equal(await nans((t) => maxPool2d(t, { kernel: 2, stride: 1 })), [true, true, false]);
  assert.equal(await nans((t) => avgPool2d(t, { kernel: 2 })), [true, false]);
  const only = [false, true, false, false, false, false, false, false];
  assert.equal(await nans(relu), only);
  assert.equal(await nans(sigmoid), only);
  assert.equal(await nans((t) => softmax(t)), [true, true, true, true, false, false, false, false]);
  const { grads } = await run(gpu, (t) => maxPool2d(t, { kernel: 2 }), [x], { shape: [1, 1, 1, 2], data: [1, 1] });
  assert.equal([...grads[0]], [0, 1, 0, 0, 0, 0, 0, 1], "its gradient goes to the NaN");
});

test("infinity is no NaN", async () => {
  const gpu = await testGpu();
  const [inf, image] = [Number.POSITIVE_INFINITY, [1, 1, 2, 2]];
  await gpu.scopeAsync(async () => {
    assert.equal([...(await sigmoid(gpu.tensor([inf, -inf], [2])).data())], [1, 0]);
    assert.equal([...(await exp(gpu.tensor([inf, -inf], [2])).data())], [inf, 0]);
    assert.equal([...(await softmax(gpu.tensor([1, -inf, 1], [3])).data())], [0.5, 0, 0.5]);
    for (const stride of [1, 2]) {
      const most = maxPool2d(gpu.tensor([1, -inf, 2, -inf], image), { kernel: 2, stride });
      assert.equal([...(await most.data())], [2], `pooling by ${stride}`);
    }
  });
});

test("NaN passes a convolution's fused ReLU, whichever kernel computes it", async () => {
  const gpu = await testGpu();
  await gpu.scopeAsync(async () => {
    const x = gpu.tensor([1, 2, 3, 4, Number.NaN, 6, 7, 8, 9], [1, 1, 3, 3]);
    for (const k of [1, 3, 7]) {
      const attrs = { padding: (k - 1) / 2, relu: true };
      for (const variant of variantsFor(gpu.adapter, x.shape, [1, k, k], attrs)) {
        const w = gpu.tensor(new Array(k * k).fill(1), [1, 1, k, k]);
        const y = await conv2d(x, w, null, { ...attrs, variant }).data();
        assert.ok(
          [...y].every((v, i) => Number.isNaN(v) === (k > 1 || i === 4)),
          `${variant}: ${y}`,
        );
      }
    }
  });
});

test("exp, log and sqrt outside their domain answer as IEEE 754 does", async () => {
  const gpu = await testGpu();
  await gpu.scopeAsync(async () => {
    const x = gpu.tensor([-1, 0, Number.NaN], [3]);
    assert.equal([...(await log(x).data())], [Number.NaN, Number.NEGATIVE_INFINITY, Number.NaN]);
    assert.equal([...(await sqrt(x).data())], [Number.NaN, 0, Number.NaN]);
    assert.ok(Number.isNaN((await exp(x).data())[2]), "exp of NaN");
  });
});

test("softmax of large values does not overflow", async () => {
  const gpu = await testGpu();
  await gpu.scopeAsync(async () => {
    const y = await softmax(gpu.tensor([-1000, 999, 1000], [3])).data();
    assertClose(y, [0, 1 / (1 + Math.E), 1 / (1 + Math.exp(-1))], 2e-6, "softmax");
  });
});

test.run();
