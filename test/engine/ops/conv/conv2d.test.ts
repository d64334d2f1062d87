import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Nd, nd, ramp } from "../../../../engine/core/nd";
import { asOneRow, type Conv2dAttrs, convGeometry } from "../../../../engine/ops/conv/geometry";
import { broadcastLanes, type ConvPlan, pickConvPlan, winogradBytes } from "../../../../engine/ops/conv/plan";
import { conv2dReference, eachTerm } from "../../../../engine/ops/conv/reference";
import { conv2d } from "../../../../engine/ops/conv2d";
import { readSafetensors } from "../../../../model/files/safetensors";
import { testGpu } from "../../../helpers/gpu";
import { assertClose } from "../../../helpers/ops";
import { sharedFile } from "../../../helpers/shared";

const test = suite("conv2d");

/** y, dx, dw, db on the GPU for given inputs and a gradient of y. */
async function onGpu([x, w, b]: Nd[], gy: Nd, attrs: Conv2dAttrs) {
  const gpu = await testGpu();
  return gpu.scopeAsync(async () => {
    const inputs = [x, w, b].map((t) => gpu.tensor(t.data, t.shape));
    for (const t of inputs) t.requiresGrad = true;
    const y = conv2d(inputs[0], inputs[1], inputs[2], attrs);
    y.keep();
    gpu.tape.backward(y, gpu.tensor(gy.data, gy.shape));
    const results = [y, ...inputs.map((t) => t.grad!)];
    const [yv, dx, dw, db] = await Promise.all(results.map((t) => t.data()));
    for (const t of results) t.dispose();
    return { y: yv, dx, dw, db };
  });
}

/** The same in float64, term by term. */
function onCpu([x, w, b]: Nd[], gy: Nd, attrs: Conv2dAttrs) {
  const y = conv2dReference([x, w, b], attrs);
  const g = convGeometry([x.shape, w.shape], attrs);
  const [dx, dw, db] = [nd(x.shape), nd(w.shape), nd(b.shape)];
  const dy = gy.data.map((v, i) => (attrs.relu && y.data[i] <= 0 ? 0 : v));
  for (let i = 0; i < dy.length; i++) db.data[Math.floor(i / (g.oh * g.ow)) % g.co] += dy[i];
  eachTerm(g, (xi, wi, yi) => {
    dx.data[xi] += w.data[wi] * dy[yi];
    dw.data[wi] += x.data[xi] * dy[yi];
  });
  return { y: y.data, dx: dx.data, dw: dw.data, db: db.data };
}

function example(x: number[], [co, kh, kw]: number[], attrs: Conv2dAttrs) {
  const shapes = [x, [co, x[1], kh, kw], [co]];
  const { n, oh, ow } = convGeometry(shapes, attrs);
  return { inputs: shapes.map((s, i) => ramp(s, -1, 1, i + 1)), gy: ramp([n, co, oh, ow], -1, 1, 9) };
}

async function check(x: number[], w: number[], attrs: Conv2dAttrs): Promise<void> {
  const { inputs, gy } = example(x, w, attrs);
  const [got, want] = [await onGpu(inputs, gy, attrs), onCpu(inputs, gy, attrs)];
  const what = `x [${x}] w [${w}]`;
  for (const k of ["y", "dx", "dw", "db"] as const) assertClose(got[k], want[k], 2e-5, `${k} of ${what}`);
}

/** The plan that a real GPU gets, to be run on whatever adapter is here. */
const gpuPlan = (x: number[], [co, kh, kw]: number[], attrs: Conv2dAttrs): ConvPlan =>
  pickConvPlan(asOneRow(convGeometry([x, [co, x[1], kh, kw]], attrs)), {
    kind: "gpu",
    subgroups: true,
    subgroupSize: 32,
  });

const families = (plan: ConvPlan) => [plan.forward.family, plan.dx.family, plan.dw.family];

const cases: [x: number[], w: number[], attrs: Conv2dAttrs][] = [
  [[1, 17, 12, 12], [16, 7, 7], { padding: 3, relu: true }],
  [[2, 7, 5, 6], [33, 7, 7], { padding: 3 }],
  [[1, 3, 37, 41], [5, 3, 3], { padding: 1, relu: true }],
  [[3, 33, 6, 4], [17, 3, 3], { padding: 1 }],
  [[2, 5, 12, 11], [40, 3, 3], { padding: 1, relu: true }],
  [[2, 9, 7, 9], [21, 1, 1], { relu: true }],
  [[1, 16, 6, 6], [7, 1, 1], {}],
];

test("slideBroadcast: forward and gradients equal the float64 reference", async () => {
  const gpu = await testGpu();
  if (gpu.adapter.subgroupSize < 4) {
    console.log("    skipped: this adapter has no subgroups of a fixed size");
    return;
  }
  for (const [x, w, attrs] of cases) await check(x, w, { ...attrs, variant: "slideBroadcast" });
});

test("slideRows: forward and gradients equal the float64 reference, and the bits of one row an invocation", async () => {
  const { adapter } = await testGpu();
  const one = adapter.subgroupSize >= 4 ? "slideBroadcast" : "slidePlain";
  const odd: typeof cases = [
    [[2, 3, 1, 9], [5, 3, 3], { padding: 1 }],
    [[1, 2, 9, 17], [9, 5, 3], { padding: [2, 1], relu: true }],
  ];
  for (const [x, w, attrs] of [...cases.slice(0, 3), ...odd]) {
    await check(x, w, { ...attrs, variant: "slideRows" });
    const { inputs, gy } = example(x, w, attrs);
    const [two, single] = [
      await onGpu(inputs, gy, { ...attrs, variant: "slideRows" }),
      await onGpu(inputs, gy, { ...attrs, variant: one }),
    ];
    for (const k of ["y", "dx"] as const) assert.equal(two[k], single[k], `${k} of x [${x}] w [${w}]`);
  }
});

test("plain loads, as planned for a real GPU, are right on this adapter too", async () => {
  // Plain loads cost a second set of pipelines: a few cases reach all of its code.
  for (const [x, w, attrs] of cases.slice(3, 6)) {
    const variant = gpuPlan(x, w, attrs);
    const family = w[1] === 1 ? "pointwise" : "slide";
    assert.equal(families(variant), [family, family, "slide"]);
    await check(x, w, { ...attrs, variant });
  }
});

test("pointwise: forward and gradients equal the float64 reference, with every tile, broadcast or not", async () => {
  const { adapter } = await testGpu();
  const odd: [x: number[], co: number, relu: boolean][] = [
    [[3, 1, 1, 1], 1, false],
    [[1, 13, 5, 7], 41, true],
    [[2, 6, 4, 4], 3, true],
    [[1, 5, 2, 3], 16, false], // no channel of the packed weights is padding
  ];
  for (const [x, co, relu] of odd) await check(x, [co, 1, 1], { relu, variant: "pointwise" });
  const lanes = broadcastLanes(adapter);
  const x = [2, 7, 3, 5];
  const w = [19, 1, 1];
  const { dw } = gpuPlan(x, w, {});
  for (const [co, l] of [
    [8, 0],
    [32, lanes],
  ]) {
    const pass = { family: "pointwise", lanes: l, workgroup: 32, co } as const;
    await check(x, w, { relu: true, variant: { forward: pass, dx: pass, dw } });
  }
});

test("winograd: forward and gradients equal the float64 reference", async () => {
  const odd: [x: number[], co: number, attrs: Conv2dAttrs][] = [
    [[1, 1, 1, 1], 1, { padding: 1 }],
    [[3, 1, 3, 2], 5, { padding: [0, 1], relu: true }],
    [[1, 3, 37, 41], 5, { padding: 1, relu: true }],
    [[3, 33, 6, 4], 17, { padding: 1 }],
    [[1, 2, 9, 7], 41, { padding: [2, 0], relu: true }],
  ];
  for (const variant of ["winograd2", "winograd4"] as const) {
    for (const [x, co, attrs] of odd) await check(x, [co, 3, 3], { ...attrs, variant });
  }
});

test("winograd: products through workgroup memory, as on a real GPU, are right on this adapter too", async () => {
  const { adapter } = await testGpu();
  const slow = adapter.kind === "swiftshader" && !process.env.NSRM_FULL;
  if (slow)
    console.log("    skipped: the larger tile, which this adapter needs long to compile (NSRM_FULL=1 tests it)");
  const x = [2, 21, 9, 30];
  const g = convGeometry([x, [67, 21, 3, 3]], { padding: 1 });
  const { dw } = pickConvPlan(g, adapter, "slidePlain");
  for (const tile of slow ? [64] : [64, 128]) {
    const pass = { family: "winograd", tile: 4, product: { family: "tiled", tile } } as const;
    await check(x, [67, 3, 3], { padding: 1, relu: true, variant: { forward: pass, dx: pass, dw } });
  }
});

test("winograd: tiles in shares, where all at once would need too large a workspace, give the same", async () => {
  const { adapter } = await testGpu();
  const x = [adapter.kind === "gpu" ? 8 : 1, 2, 370, 1270];
  const tiles = x[0] * Math.ceil(x[2] / 4) * Math.ceil(x[3] / 4);
  assert.ok(tiles * 4 * 36 * (x[1] + 2) > winogradBytes(adapter), "more than one share");
  const { inputs, gy } = example(x, [2, 3, 3], { padding: 1 });
  const [got, want] = [
    await onGpu(inputs, gy, { padding: 1, relu: true, variant: "winograd4" }),
    await onGpu(inputs, gy, { padding: 1, relu: true, variant: "slidePlain" }),
  ];
  for (const k of ["y", "dx"] as const) assertClose(got[k], want[k], 2e-5, k);
  (await testGpu()).pool.trim();
});

test("winogradRows: forward and gradients equal the float64 reference", async () => {
  const odd: [x: number[], w: number[], attrs: Conv2dAttrs][] = [
    [[1, 1, 1, 1], [1, 7, 7], { padding: 3 }],
    [[3, 1, 3, 2], [5, 7, 7], { padding: 3, relu: true }],
    [[1, 3, 9, 37], [5, 7, 7], { padding: 3, relu: true }],
    [[2, 33, 4, 17], [37, 7, 7], { padding: 3 }],
    [[2, 2, 5, 12], [3, 5, 7], { padding: [1, 3], relu: true }],
    [[1, 5, 8, 11], [2, 7, 7], {}],
  ];
  for (const [x, w, attrs] of odd) await check(x, w, { ...attrs, variant: "winogradRows" });
});

test("winogradRows: images in shares, where all at once would need too large a workspace, give the same", async () => {
  const { adapter } = await testGpu();
  const x = [adapter.kind === "gpu" ? 240 : 30, 24, 20, 64];
  assert.ok(x[0] * 16 * 10 * 4 * 24 * (26 + 20) > winogradBytes(adapter), "more than one share");
  const { inputs, gy } = example(x, [24, 7, 7], { padding: 3 });
  const [got, want] = [
    await onGpu(inputs, gy, { padding: 3, variant: "winogradRows" }),
    await onGpu(inputs, gy, { padding: 3, variant: "slidePlain" }),
  ];
  for (const k of ["y", "dx"] as const) assertClose(got[k], want[k], 2e-5, k);
  (await testGpu()).pool.trim();
});

test("tiled: forward and gradients equal the float64 reference, with both tiles", async () => {
  for (const [x, w, attrs] of cases.slice(3)) await check(x, w, { ...attrs, variant: "tiled" });
  const { adapter } = await testGpu();
  const slow = adapter.kind === "swiftshader" && !process.env.NSRM_FULL;
  if (slow)
    console.log("    skipped: the larger tile, which this adapter needs long to compile (NSRM_FULL=1 tests it)");
  for (const tile of slow ? [64] : [64, 128]) {
    // More than a tile of channels, and shares that end inside a step of 8 pixels.
    const pass = { family: "tiled", tile } as const;
    const variant = { forward: pass, dx: pass, dw: { ...pass, splits: 3 } };
    await check([3, 67, 7, 5], [131, 3, 3], { padding: 1, relu: true, variant });
  }
});

test("tiled and direct: strides, dilations and uneven padding", async () => {
  const odd: [x: number[], w: number[], attrs: Conv2dAttrs][] = [
    [[2, 3, 11, 9], [5, 3, 3], { stride: 2, padding: 1, relu: true }],
    [[1, 9, 8, 13], [4, 3, 2], { stride: [1, 3], dilation: [2, 1], padding: [2, 1] }],
    [[2, 3, 5, 9], [4, 2, 3], { stride: [2, 1], dilation: [1, 3], padding: [0, 2] }],
    [[1, 1, 1, 1], [1, 7, 7], { padding: 3 }],
    [[1, 2, 3, 20], [3, 1, 13], { padding: [0, 6] }],
  ];
  for (const variant of ["tiled", "direct"] as const) {
    for (const [x, w, attrs] of odd) await check(x, w, { ...attrs, variant });
  }
});

test("families mix: each pass reads the gradient in the layout that the others want", async () => {
  const x = [2, 5, 9, 7];
  const w = [6, 3, 3];
  const attrs = { padding: 1, relu: true };
  const g = convGeometry([x, [6, 5, 3, 3]], attrs);
  const { adapter } = await testGpu();
  const [slide, tiled, direct, winograd] = (["slidePlain", "tiled", "direct", "winograd4"] as const).map((v) =>
    pickConvPlan(g, adapter, v),
  );
  for (const [dx, dw] of [
    [winograd, slide],
    [winograd, direct],
    [slide, tiled],
    [tiled, slide],
    [direct, slide],
    [slide, direct],
    [tiled, direct],
    [direct, tiled],
  ]) {
    await check(x, w, { ...attrs, variant: { forward: dw.forward, dx: dx.dx, dw: dw.dw } });
  }
});

test("families mix with Winograd along rows too", async () => {
  const [x, w, attrs] = cases[1];
  const g = convGeometry([x, [w[0], x[1], 7, 7]], attrs);
  const { adapter } = await testGpu();
  const [rows, slide, direct, tiled] = (["winogradRows", "slidePlain", "direct", "tiled"] as const).map((v) =>
    pickConvPlan(g, adapter, v),
  );
  for (const [forward, dx, dw] of [
    [slide, rows, direct],
    [rows, direct, tiled],
    [rows, slide, direct],
  ]) {
    await check(x, w, { ...attrs, variant: { forward: forward.forward, dx: dx.dx, dw: dw.dw } });
  }
});

test("direct: forward and gradients equal the float64 reference", async () => {
  for (const [x, w, attrs] of cases) await check(x, w, { ...attrs, variant: "direct" });
});

/** Every conv case of a file of PyTorch's own results; k x k kernels, "same" padding. */
async function checkGolden(path: string): Promise<number> {
  const file = readSafetensors(path);
  const names = file.names.filter((n) => /^conv.*\.x$/.test(n)).map((n) => n.slice(0, -2));
  for (const name of names) {
    const load = (k: string): Nd => nd(file.shape(`${name}.${k}`), file.f32(`${name}.${k}`));
    const padding = (file.shape(`${name}.w`)[3] - 1) / 2;
    const got = await onGpu([load("x"), load("w"), load("b")], load("gy"), { padding });
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
  const { inputs, gy } = example([2, 3, 50, 50], [8, 3, 3], attrs);
  const { adapter } = await testGpu();
  const { dw } = pickConvPlan(convGeometry([inputs[0].shape, inputs[1].shape], attrs), adapter);
  assert.ok(dw.family === "slide" && dw.splits > 1);
  const [a, b] = [await onGpu(inputs, gy, attrs), await onGpu(inputs, gy, attrs)];
  for (const k of ["y", "dx", "dw", "db"] as const) {
    assert.equal(new Uint32Array(a[k].buffer), new Uint32Array(b[k].buffer), k);
  }
});

test("NaN passes the fused ReLU, and reaches only the windows that see it", async () => {
  const attrs = { padding: 1, relu: true };
  const { inputs, gy } = example([2, 2, 6, 5], [3, 3, 3], attrs);
  inputs[0].data[6 * 5 + 0] = Number.NaN; // image 0, channel 1, top left corner
  const got = await onGpu(inputs, gy, attrs);
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
