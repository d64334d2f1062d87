import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Gpu } from "../../../engine/core/gpu";
import type { Shape, Tensor } from "../../../engine/core/tensor";
import { conv2d, joinWithMargin, maxPool2d } from "../../../engine/ops/index";
import { sumsAsTheFormula, variantsFor } from "../../helpers/conv";
import { testGpu } from "../../helpers/gpu";

// More workgroups in a line than the adapter allows. All numbers are whole, and every sum exact.
const test = suite("limits");

const wholes = (n: number, step: number): Float32Array =>
  Float32Array.from({ length: n }, (_, i) => ((i * step) % 7) - 3);

/** f(inputs), and the gradients of the sum of y times gy. */
async function both(
  gpu: Gpu,
  shapes: Shape[],
  data: Float32Array[],
  gy: (n: number) => Float32Array,
  f: (x: Tensor[]) => Tensor,
) {
  return gpu.scopeAsync(async () => {
    const inputs = shapes.map((shape, i) => gpu.tensor(data[i], shape));
    for (const x of inputs) x.requiresGrad = true;
    const y = f(inputs);
    y.backward(gpu.tensor(gy(y.size), y.shape));
    const values = await y.data();
    const gradients = await Promise.all(inputs.map((x) => x.grad!.data()));
    for (const x of inputs) x.grad!.dispose();
    return { values, gradients, shape: [...y.shape] };
  });
}

/** The first few [index, got, want] where they differ. */
function differences(got: Float32Array, want: (i: number) => number): number[][] {
  const wrong: number[][] = [];
  for (let i = 0; i < got.length && wrong.length < 3; i++) if (got[i] !== want(i)) wrong.push([i, got[i], want(i)]);
  return wrong;
}

test("a convolution of 70,000 channels, and its gradients by image, weights and bias", async () => {
  const gpu = await testGpu();
  const co = 70_000;
  const [x, w, b] = [Float32Array.of(1, -2), wholes(co * 3, 3), wholes(co, 5)];
  const shapes = [[1, 1, 1, 2], [co, 1, 1, 3], [co]];
  const ones = (n: number) => wholes(n, 4);
  const { values, gradients } = await both(gpu, shapes, [x, w, b], ones, ([image, weights, bias]) =>
    conv2d(image, weights, bias, { padding: [0, 1] }),
  );
  const gy = ones(2 * co);
  assert.equal(
    differences(values, (i) => {
      const [o, q] = [i >> 1, i % 2];
      return b[o] + (q === 0 ? x[0] * w[3 * o + 1] + x[1] * w[3 * o + 2] : x[0] * w[3 * o] + x[1] * w[3 * o + 1]);
    }),
    [],
  );
  const [dx, dw, db] = gradients;
  const sum = (term: (o: number) => number) => b.reduce((s, _, o) => s + term(o), 0);
  assert.equal(
    [...dx],
    [
      sum((o) => gy[2 * o] * w[3 * o + 1] + gy[2 * o + 1] * w[3 * o]),
      sum((o) => gy[2 * o] * w[3 * o + 2] + gy[2 * o + 1] * w[3 * o + 1]),
    ],
  );
  assert.equal(
    differences(dw, (i) => {
      const [o, tap] = [Math.floor(i / 3), i % 3];
      return gy[2 * o] * (x[tap - 1] ?? 0) + gy[2 * o + 1] * (x[tap] ?? 0);
    }),
    [],
  );
  assert.equal(
    differences(db, (o) => gy[2 * o] + gy[2 * o + 1]),
    [],
  );
});

test("70,000 channels that are summed over", async () => {
  const gpu = await testGpu();
  const ci = 70_000;
  const [x, w] = [wholes(ci, 3), wholes(ci * 3, 5)];
  const { values } = await both(
    gpu,
    [
      [1, ci, 1, 1],
      [1, ci, 1, 3],
    ],
    [x, w],
    (n) => wholes(n, 4),
    ([image, weights]) => conv2d(image, weights, null, { padding: [0, 1] }),
  );
  assert.equal([...values], [x.reduce((s, v, c) => s + v * w[3 * c + 1], 0)]);
});

/** Runs a body on the device as if it allowed no more workgroups in a line than `most`. */
async function narrowed(most: number, body: (gpu: Gpu) => Promise<void>): Promise<void> {
  const gpu = await testGpu();
  const { limits } = gpu;
  const fewer = new Proxy(limits, {
    get: (all, name) => (name === "maxComputeWorkgroupsPerDimension" ? most : Reflect.get(all, name)),
  });
  Object.defineProperty(gpu, "limits", { configurable: true, value: fewer });
  try {
    await body(gpu);
  } finally {
    Object.defineProperty(gpu, "limits", { configurable: true, value: limits });
  }
}

test("a tall and a wide image, where a grid allows few workgroups in a line: every family, margins and pooling", () =>
  narrowed(16, async (gpu) => {
    for (const [height, width] of [
      [300, 2],
      [2, 1100],
    ]) {
      const x = wholes(height * width, 3);
      const at = (values: Float32Array, i: number, j: number) =>
        i >= 0 && j >= 0 && i < height && j < width ? values[i * width + j] : 0;
      const place = (k: number) => [Math.floor(k / width), k % width] as const;
      const gys = (n: number) => wholes(n, 5);
      const gy = gys(x.length);
      const w = Float32Array.of(0, 2, 0, 1, -1, 0, 0, 3, 0);
      const possible = variantsFor(gpu.adapter, [1, 1, height, width], [1, 3, 3], { padding: 1 });
      for (const variant of possible.filter(sumsAsTheFormula)) {
        const got = await both(gpu, [[1, 1, height, width], [1, 1, 3, 3], [1]], [x, w, Float32Array.of(1)], gys, (t) =>
          conv2d(t[0], t[1], t[2], { padding: 1, variant }),
        );
        const forward = (k: number) => {
          const [i, j] = place(k);
          return 1 + 2 * at(x, i - 1, j) + at(x, i, j - 1) - at(x, i, j) + 3 * at(x, i + 1, j);
        };
        const backward = (k: number) => {
          const [i, j] = place(k);
          return 2 * at(gy, i + 1, j) + at(gy, i, j + 1) - at(gy, i, j) + 3 * at(gy, i - 1, j);
        };
        assert.equal(differences(got.values, forward), [], `${variant}, ${height} x ${width}`);
        assert.equal(differences(got.gradients[0], backward), [], `${variant}, ${height} x ${width}: by the image`);
        assert.is(
          got.gradients[1][4],
          gy.reduce((sum, v, k) => sum + v * x[k], 0),
        );
        assert.is(
          got.gradients[2][0],
          gy.reduce((sum, v) => sum + v, 0),
        );
      }

      const margin = await both(gpu, [[1, 1, height, width]], [x], gys, ([image]) => joinWithMargin([image], 1));
      assert.equal(
        differences(margin.gradients[0], (k) => gy[k]),
        [],
        "gradient through a margin",
      );
      assert.equal(
        differences(margin.values, (k) => x[k]),
        [],
        "values in a margin",
      );

      const pooled = await both(gpu, [[1, 1, height, width]], [x], gys, ([image]) => maxPool2d(image, { kernel: 2 }));
      const windows = Array.from(pooled.values, (_, k) => {
        const first = Math.floor((2 * k) / width) * 2 * width + ((2 * k) % width);
        return [first, first + 1, first + width, first + width + 1];
      });
      const most = windows.map((window) => Math.max(...window.map((k) => x[k])));
      const gx = new Float32Array(x.length);
      for (const [k, window] of windows.entries()) gx[window.find((i) => x[i] === most[k])!] = gys(windows.length)[k];
      assert.equal(
        differences(pooled.values, (k) => most[k]),
        [],
        "maxima",
      );
      assert.equal(
        differences(pooled.gradients[0], (k) => gx[k]),
        [],
        "gradient of the maxima",
      );
    }
  }));

test.run();
