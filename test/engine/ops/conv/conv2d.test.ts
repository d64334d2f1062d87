import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Nd, nd } from "../../../../engine/core/nd";
import type { ConvSample } from "../../../../engine/ops/conv/common/index";
import { type ConvVariantName, families } from "../../../../engine/ops/conv/families/index";
import { type ConvPlan, passesOf, pickConvPlan } from "../../../../engine/ops/conv/plan";
import { conv2dReference } from "../../../../engine/ops/conv/reference";
import { conv2d } from "../../../../engine/ops/conv2d";
import { readSafetensors } from "../../../../model/files/safetensors";
import { checkConv, convExample, convOnGpu, geometry, gpuPlan, variantsFor } from "../../../helpers/conv";
import { testGpu } from "../../../helpers/gpu";
import { assertClose } from "../../../helpers/ops";
import { sharedFile } from "../../../helpers/shared";

const test = suite("conv2d");

/** Odd sizes, each of them for every variant that can compute it. */
const cases: [x: number[], w: number[], attrs: ConvSample["attrs"] & { relu?: boolean }][] = [
  [[1, 17, 12, 12], [16, 7, 7], { padding: 3, relu: true }],
  [[2, 7, 5, 6], [33, 7, 7], { padding: 3 }],
  [[1, 3, 37, 41], [5, 3, 3], { padding: 1, relu: true }],
  [[3, 33, 6, 4], [17, 3, 3], { padding: 1 }],
  [[2, 5, 12, 11], [40, 3, 3], { padding: 1, relu: true }],
  [[2, 3, 1, 9], [5, 3, 3], { padding: 1 }],
  [[1, 2, 9, 17], [9, 5, 3], { padding: [2, 1], relu: true }],
  // Tiles of 2 x 2 and 4 x 4 results.
  [[1, 1, 1, 1], [1, 3, 3], { padding: 1 }],
  [[3, 1, 3, 2], [5, 3, 3], { padding: [0, 1], relu: true }],
  [[1, 2, 9, 7], [41, 3, 3], { padding: [2, 0], relu: true }],
  // Tiles of 4 results along a row of kernels 7 wide.
  [[1, 1, 1, 1], [1, 7, 7], { padding: 3 }],
  [[3, 1, 3, 2], [5, 7, 7], { padding: 3, relu: true }],
  [[1, 3, 9, 37], [5, 7, 7], { padding: 3, relu: true }],
  [[2, 33, 4, 17], [37, 7, 7], { padding: 3 }],
  [[2, 2, 5, 12], [3, 5, 7], { padding: [1, 3], relu: true }],
  [[1, 5, 8, 11], [2, 7, 7], {}],
  // One tap; in the last no channel of the packed weights is padding.
  [[2, 9, 7, 9], [21, 1, 1], { relu: true }],
  [[1, 16, 6, 6], [7, 1, 1], {}],
  [[3, 1, 1, 1], [1, 1, 1], {}],
  [[1, 13, 5, 7], [41, 1, 1], { relu: true }],
  [[2, 6, 4, 4], [3, 1, 1], { relu: true }],
  [[1, 5, 2, 3], [16, 1, 1], {}],
  // Strides, dilations, uneven padding, wide kernels.
  [[2, 3, 11, 9], [5, 3, 3], { stride: 2, padding: 1, relu: true }],
  [[1, 9, 8, 13], [4, 3, 2], { stride: [1, 3], dilation: [2, 1], padding: [2, 1] }],
  [[2, 3, 5, 9], [4, 2, 3], { stride: [2, 1], dilation: [1, 3], padding: [0, 2] }],
  [[1, 2, 3, 20], [3, 1, 13], { padding: [0, 6] }],
];

for (const [x, w, attrs] of cases) {
  const what = `x [${x}], w [${w}], ${JSON.stringify(attrs)}`;
  test(`${what}: each variant's forward and gradients equal the float64 reference`, async () => {
    const variants = variantsFor((await testGpu()).adapter, x, w, attrs);
    assert.ok(variants.length > 1);
    await checkConv(variants, x, w, attrs);
  });
}

test("what is planned for a real GPU is right on this adapter too", async () => {
  for (const [x, w, attrs] of [cases[3], cases[4], cases[16]]) {
    const variant = gpuPlan(x, w, attrs);
    const family = w[1] === 1 ? "pointwise" : "slide";
    assert.equal(
      [variant.forward, variant.dx, variant.dw].map((p) => p.family),
      [family, family, "slide"],
    );
    await checkConv([variant], x, w, attrs);
  }
});

test("families mix: each pass reads the gradient in the layout that the others want", async () => {
  const { adapter } = await testGpu();
  const mixed: typeof cases = [
    [[2, 5, 9, 7], [6, 3, 3], { padding: 1, relu: true }],
    [[2, 7, 5, 6], [33, 7, 7], { padding: 3 }],
  ];
  for (const [x, w, attrs] of mixed) {
    const g = geometry(x, w, attrs);
    const plans = families.flatMap(({ variants }) => {
      const able = (Object.keys(variants) as ConvVariantName[]).find((name) => passesOf(name, g, adapter));
      return able ? [pickConvPlan(g, adapter, able)] : [];
    });
    const gradients = new Map(plans.map(({ dw }) => [dw.family, dw]));
    assert.ok(plans.length > gradients.size && gradients.size > 2);
    const mixes = plans.flatMap(({ forward, dx }) =>
      [...gradients.values()].map((dw): ConvPlan => ({ forward, dx, dw })),
    );
    await checkConv(mixes, x, w, attrs);
  }
});

/** Every conv case of a file of PyTorch's own results; k x k kernels, "same" padding. */
async function checkGolden(path: string): Promise<number> {
  const file = readSafetensors(path);
  const names = file.names.filter((n) => /^conv.*\.x$/.test(n)).map((n) => n.slice(0, -2));
  for (const name of names) {
    const load = (k: string): Nd => nd(file.shape(`${name}.${k}`), file.f32(`${name}.${k}`));
    const padding = (file.shape(`${name}.w`)[3] - 1) / 2;
    const got = await convOnGpu([load("x"), load("w"), load("b")], load("gy"), { padding });
    const want = { y: "y", dx: "gx", dw: "gw", db: "gb" } as const;
    for (const k of ["y", "dx", "dw", "db"] as const) {
      assertClose(got[k], load(want[k]).data, 2e-5, `${name}.${want[k]}`);
    }
  }
  return names.length;
}

test("equals PyTorch: committed cases", async () => {
  assert.is(await checkGolden("test/golden/conv2d.safetensors"), 3);
});

test("equals PyTorch: all cases", async () => {
  const path = sharedFile("golden/layers.safetensors");
  if (path) assert.is(await checkGolden(path), 12);
});

test("two runs give the same bits, with the weights' gradient summed from many shares", async () => {
  const attrs = { padding: 1, relu: true };
  const [x, w] = [
    [2, 3, 50, 50],
    [8, 3, 3],
  ];
  const { inputs, gy } = convExample(x, w, attrs);
  const { dw } = pickConvPlan(geometry(x, w, attrs), (await testGpu()).adapter);
  assert.ok(dw.family === "slide" && dw.splits > 1);
  const [a, b] = [await convOnGpu(inputs, gy, attrs), await convOnGpu(inputs, gy, attrs)];
  for (const k of ["y", "dx", "dw", "db"] as const) {
    assert.equal(new Uint32Array(a[k].buffer), new Uint32Array(b[k].buffer), k);
  }
});

test("NaN passes the fused ReLU, and reaches only the windows that see it", async () => {
  const attrs = { padding: 1, relu: true };
  const { inputs, gy } = convExample([2, 2, 6, 5], [3, 3, 3], attrs);
  inputs[0].data[6 * 5 + 0] = Number.NaN; // image 0, channel 1, top left corner
  const got = await convOnGpu(inputs, gy, attrs);
  const expected = conv2dReference(inputs, attrs).data;
  const nan = (v: ArrayLike<number>) => Array.from(v, (t, i) => (Number.isNaN(t) ? i : -1)).filter((i) => i >= 0);
  assert.equal(nan(got.y), nan(expected));
  assert.is(nan(got.y).length, 3 * 4);
  assert.equal(nan(got.dx), []);
  assert.equal(nan(got.db), []);
});

test("more workgroups than one dimension holds", async () => {
  const gpu = await testGpu();
  const rows = Math.ceil((8 * 16 * (gpu.limits.maxComputeWorkgroupsPerDimension + 100)) / 1024);
  const size = rows * 1024;
  if (size * 4 > gpu.limits.maxStorageBufferBindingSize) {
    console.log("    skipped: this adapter's bindings are too small for it");
    return;
  }
  await gpu.scopeAsync(async () => {
    const x = gpu.tensor(
      Float32Array.from({ length: size }, (_, i) => i % 1000),
      [1, 1, rows, 1024],
    );
    const y = await conv2d(x, gpu.tensor([2], [1, 1, 1, 1]), gpu.tensor([1], [1])).data();
    let wrong = 0;
    for (let i = 0; i < size; i++) if (y[i] !== 2 * (i % 1000) + 1) wrong++;
    assert.is(wrong, 0);
  });
  gpu.pool.trim();
});

test("a padded image too large for one binding is a clear error, not a silent zero", async () => {
  const gpu = await testGpu();
  const limit = Math.min(gpu.limits.maxStorageBufferBindingSize, gpu.limits.maxBufferSize);
  const height = Math.floor(limit / 4 / 4095);
  if (limit > 2 ** 28) {
    console.log("    skipped: this adapter's bindings are too large to fill in a test");
    return;
  }
  gpu.scope(() => {
    const x = gpu.empty([1, 1, height, 4095]);
    const w = gpu.zeros([1, 1, 3, 3]);
    assert.throws(
      () => conv2d(x, w, null, { padding: 1 }),
      (e: Error) => e.name === "GpuError" && /bytes/.test(e.message),
    );
  });
  gpu.pool.trim();
});

test.run();
