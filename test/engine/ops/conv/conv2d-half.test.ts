import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Nd, nd, ramp } from "../../../../engine/core/nd";
import type { Tensor } from "../../../../engine/core/tensor";
import { asOneRow, type Conv2dAttrs, convGeometry } from "../../../../engine/ops/conv/geometry";
import { type ConvVariantName, pickConvPlan } from "../../../../engine/ops/conv/plan";
import { conv2dReference, eachTerm } from "../../../../engine/ops/conv/reference";
import { cast, conv2d } from "../../../../engine/ops/index";
import { kernels } from "../../../../kernels/index";
import { testGpu } from "../../../helpers/gpu";
import { assertClose } from "../../../helpers/ops";

const test = suite("conv2d in float16");

/** Multiples of 1/256 from -1 to 1: whole in float16, and exact when they are multiplied and added up in float32. */
const coarse = (shape: number[], seed: number): Nd => {
  const { data } = ramp(shape, -1, 1, seed);
  return nd(
    shape,
    data.map((v) => Math.round(v * 256) / 256),
  );
};

async function onGpu([x, w, b]: Nd[], gy: Nd, attrs: Conv2dAttrs) {
  const gpu = await testGpu();
  return gpu.scopeAsync(async () => {
    const inputs = [x, w, b].map((t) => gpu.tensor(t.data, t.shape));
    inputs[0] = cast(inputs[0], "f16").detach();
    for (const t of inputs) t.requiresGrad = true;
    const y = conv2d(inputs[0], inputs[1], inputs[2], attrs).keep();
    y.backward(cast(gpu.tensor(gy.data, gy.shape), "f16"));
    const results = [y, ...inputs.map((t) => t.grad as Tensor)];
    assert.equal(
      results.map((t) => t.dtype),
      ["f16", "f16", "f32", "f32"],
    );
    const [yv, dx, dw, db] = await Promise.all(results.map((t) => t.data()));
    for (const t of results) t.dispose();
    return { y: yv, dx, dw, db };
  });
}

function onCpu([x, w, b]: Nd[], gy: Nd, attrs: Conv2dAttrs) {
  const y = conv2dReference([x, w, b], attrs);
  const [dx, dw, db] = [nd(x.shape), nd(w.shape), nd(b.shape)];
  const dy = gy.data.map((v, i) => (attrs.relu && y.data[i] <= 0 ? 0 : v));
  const [, co, oh, ow] = y.shape;
  for (let i = 0; i < dy.length; i++) db.data[Math.floor(i / (oh * ow)) % co] += dy[i];
  eachTerm(convGeometry([x.shape, w.shape], attrs), (xi, wi, yi) => {
    dx.data[xi] += w.data[wi] * dy[yi];
    dw.data[wi] += x.data[xi] * dy[yi];
  });
  return { y: y.data, dx: dx.data, dw: dw.data, db: db.data };
}

const shapes: Record<string, [x: number[], w: number[], attrs: Conv2dAttrs]> = {
  wide: [[2, 7, 5, 6], [17, 7, 7], { padding: 3, relu: true }],
  single: [[3, 1, 3, 13], [1, 3, 3], { padding: 1 }],
  prime: [[1, 13, 9, 11], [21, 3, 3], { padding: 1, relu: true }],
  pointwise: [[2, 9, 7, 5], [11, 1, 1], { relu: true }],
};

/** Each family on few shapes: a pipeline of float16 takes seconds to compile, as one of float32 does. */
const cases: [variant: ConvVariantName | "plainPointwise", on: (keyof typeof shapes)[]][] = [
  ["slideBroadcast", ["wide", "prime"]],
  ["slideRows", ["wide"]],
  ["slidePlain", ["single", "prime"]],
  ["pointwise", ["pointwise"]],
  ["plainPointwise", ["pointwise"]],
  ["winograd2", ["single"]],
  ["winograd4", ["single", "prime"]],
  ["winogradRows", ["wide"]],
  ["tiled", ["single", "prime"]],
  ["direct", ["single", "prime", "pointwise"]],
];

/** The plan of a real GPU, which takes no broadcasts. */
const gpuPlan = (x: number[], w: number[], attrs: Conv2dAttrs) =>
  pickConvPlan(asOneRow(convGeometry([x, w], attrs)), { kind: "gpu", subgroups: true, subgroupSize: 32 });

for (const [variant, on] of cases) {
  test(`${variant}: float16 results and gradient by x, float32 gradients by the weights`, async () => {
    const { adapter } = await testGpu();
    if (!adapter.f16 || (variant === "slideBroadcast" && adapter.subgroupSize < 4)) {
      console.log("    skipped: this adapter has no float16, or no subgroups of a fixed size");
      return;
    }
    for (const [x, [co, kh, kw], attrs] of on.map((name) => shapes[name])) {
      const inputs = [coarse(x, 1), coarse([co, x[1], kh, kw], 2), coarse([co], 3)];
      const gy = coarse(conv2dReference(inputs, attrs).shape as number[], 9);
      const plan = variant === "plainPointwise" ? gpuPlan(x, inputs[1].shape as number[], attrs) : variant;
      const [got, want] = [await onGpu(inputs, gy, { ...attrs, variant: plan }), onCpu(inputs, gy, attrs)];
      const what = (k: string) => `${k} of x [${x}] w [${co}, ${x[1]}, ${kh}, ${kw}]`;
      // Sums are float32, so what is float16 is off by its own rounding alone.
      for (const k of ["y", "dx"] as const) assertClose(got[k], want[k], 2 ** -11, what(k));
      for (const k of ["dw", "db"] as const) assertClose(got[k], want[k], 1e-6, what(k));
    }
  });
}

test("the gradient by the bias is summed in float32", async () => {
  const gpu = await testGpu();
  if (!gpu.adapter.f16) {
    console.log("    skipped: this adapter has no float16");
    return;
  }
  const [x, gy] = [nd([1, 1, 40, 40]), nd([1, 1, 40, 40])];
  gy.data.fill(1 + 1 / 256);
  const { db } = await onGpu([x, nd([1, 1, 1, 1]), nd([1])], gy, {});
  assert.equal([...db], [1600 + 1600 / 256]);
});

test("values beyond float16 become infinite, and NaN stays", async () => {
  const gpu = await testGpu();
  if (!gpu.adapter.f16) {
    console.log("    skipped: this adapter has no float16");
    return;
  }
  await gpu.scopeAsync(async () => {
    const x = cast(gpu.tensor([300, 1, Number.NaN, -300], [1, 1, 1, 4]), "f16");
    const y = await conv2d(x, gpu.tensor([300], [1, 1, 1, 1])).data();
    assert.equal([...y], [Number.POSITIVE_INFINITY, 300, Number.NaN, Number.NEGATIVE_INFINITY]);
  });
});

test("an element type that an op or a kernel cannot take is refused before anything runs", async () => {
  const gpu = await testGpu();
  if (!gpu.adapter.f16) {
    console.log("    skipped: this adapter has no float16");
    return;
  }
  gpu.scope(() => {
    const x = cast(gpu.tensor([1, 2], [1, 1, 1, 2]), "f16");
    const w = gpu.tensor([1], [1, 1, 1, 1]);
    const refused = (body: () => unknown, why: RegExp) =>
      assert.throws(body, (e: Error) => e.name === "DtypeError" && why.test(e.message));
    refused(() => conv2d(x, cast(w, "f16")), /^conv2d: takes f32 throughout or f16, f32, not f16, f16; cast first$/);
    const uniforms = { count: 1, n: 2, parts: 1, inner: 1, factor: 1 };
    const sum = {
      kernel: kernels.reduce,
      params: { OP: 0 },
      uniforms,
      bindings: { x, y: gpu.empty([]) },
      workgroups: [1],
    } as const;
    refused(() => gpu.dispatch(sum), /^reduce .*: takes f32 as 'x', not f16$/);
    refused(() => gpu.copy(x, gpu.empty(x.shape)), /^copy: from f16 to f32$/);
    refused(() => gpu.write(x, [1, 2]), /^write: uploads are float32/);
  });
});

test.run();
