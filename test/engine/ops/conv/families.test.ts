import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { DispatchSpec } from "../../../../engine/core/dispatcher";
import type { Gpu } from "../../../../engine/core/gpu";
import { type nd, ramp } from "../../../../engine/core/nd";
import type { Conv2dAttrs } from "../../../../engine/ops/conv/attrs";
import { type ConvVariantName, convKernels, type Family, families } from "../../../../engine/ops/conv/families/index";
import { type ConvPlan, choicesFor, passesOf, pickConvPlan } from "../../../../engine/ops/conv/plan";
import { conv2dReference } from "../../../../engine/ops/conv/reference";
import { conv2d, sum } from "../../../../engine/ops/index";
import { anyGpu, checkConv, checkHalfConv, convExample, geometry, hasHalf } from "../../../helpers/conv";
import { testGpu } from "../../../helpers/gpu";

// The tests that every family's own sample generates, by each of its variants.
const test = suite("families of convolutions");

/** The variants of a family that can compute its sample here; of the others a line says that they are skipped. */
async function variantsOf({ variants, sample: { x, w, attrs } }: Family): Promise<ConvVariantName[]> {
  const { adapter } = await testGpu();
  return (Object.keys(variants) as ConvVariantName[]).filter((name) => {
    const possible = passesOf(name, geometry(x, w, attrs), adapter) !== null;
    if (!possible) console.log(`    skipped: ${name}, which this adapter cannot compute`);
    return possible;
  });
}

/** Calls of one of the device's methods meanwhile. @param instead of the method itself */
function callsOf<K extends "dispatch" | "empty">(gpu: Gpu, method: K, instead: Gpu[K], body: () => void): void {
  Object.defineProperty(gpu, method, { configurable: true, value: instead });
  try {
    gpu.scope(body);
  } finally {
    Reflect.deleteProperty(gpu, method);
  }
}

/** The kernels that plans for a family's sample dispatch, forward and back; nothing is compiled. */
async function dispatched({ sample: { x, w, attrs } }: Family, plans: readonly ConvPlan[]): Promise<string[]> {
  const gpu = await testGpu();
  const seen = new Set<string>();
  const { inputs, gy } = convExample(x, w, attrs);
  const note = ({ kernel }: DispatchSpec) => void seen.add(kernel.name);
  callsOf(gpu, "dispatch", note, () => {
    for (const variant of plans) {
      const leaves = inputs.map((t) => gpu.tensor(t.data, t.shape));
      for (const t of leaves) t.requiresGrad = true;
      gpu.tape.backward(conv2d(leaves[0], leaves[1], leaves[2], { ...attrs, variant }), gpu.tensor(gy.data, gy.shape));
      for (const t of leaves) t.grad?.dispose();
    }
  });
  return [...seen].sort();
}

for (const family of families) {
  const { name, sample } = family;
  const { x, w, attrs } = sample;
  /** As many kernels of the same size, on fewer, odd images. */
  const odd = [3, 1, x[2] === 1 ? 1 : 3, 13];

  test(`${name}: forward and gradients of each variant equal the float64 reference`, async () => {
    const variants = await variantsOf(family);
    await checkConv(variants, x, w, { ...attrs, relu: true });
    await checkConv(variants, odd, [1, w[1], w[2]], attrs);
  });

  test(`${name}: results and gradient by x in float16, gradients by the weights in float32`, async () => {
    if (!hasHalf((await testGpu()).adapter)) return;
    const variants = await variantsOf(family);
    await checkHalfConv(variants, x, w, { ...attrs, relu: true });
    await checkHalfConv(variants, odd, [1, w[1], w[2]], attrs);
  });

  test(`${name}: reads x with a margin and writes y with one, its own or another`, async () => {
    const { adapter } = await testGpu();
    const row = [x[0], x[1], 1, x[2] * x[3]];
    for (const variant of await variantsOf(family)) {
      for (const [margin, ofY] of [
        [1, 1],
        [3, 0],
        [0, 2],
      ]) {
        const all = { ...attrs, relu: true, margin: ofY };
        // Rows with a margin do not join into one.
        const size = [x, row].find((each) => passesOf(variant, geometry(each, w, all, margin), adapter));
        await checkConv([variant], size!, w, all, margin);
      }
    }
  });

  test(`${name}: NaN passes the fused ReLU, and reaches only the windows that see it`, async () => {
    const gpu = await testGpu();
    const inputs = [ramp(x, 1, 2), ramp([w[0], x[1], w[1], w[2]], 1, 2, 1)];
    inputs[0].data[inputs[0].data.length >> 1] = Number.NaN;
    const isNan = (values: ArrayLike<number>) => Array.from(values, Number.isNaN);
    const want = isNan(conv2dReference(inputs, attrs).data);
    assert.ok(want.includes(true) && want.includes(false));
    for (const variant of await variantsOf(family)) {
      const got = await gpu.scopeAsync(async () => {
        const [image, weights] = inputs.map((t) => gpu.tensor(t.data, t.shape));
        return isNan(await conv2d(image, weights, null, { ...attrs, relu: true, variant }).data());
      });
      // Where fewer products are computed, tiles mix their inputs.
      const right = family.cost ? got.every((nan, i) => nan || !want[i]) : got.every((nan, i) => nan === want[i]);
      assert.ok(right, variant);
    }
  });

  test(`${name}: a batch of no images has no result, and gradients of zeros`, async () => {
    const gpu = await testGpu();
    for (const variant of await variantsOf(family)) {
      await gpu.scopeAsync(async () => {
        const leaves = [[0, ...x.slice(1)], [w[0], x[1], w[1], w[2]], [w[0]]].map((shape) => gpu.zeros(shape));
        for (const t of leaves) t.requiresGrad = true;
        const y = conv2d(leaves[0], leaves[1], leaves[2], { ...attrs, relu: true, variant });
        assert.equal([...y.shape.slice(0, 2)], [0, w[0]]);
        sum(y).backward();
        for (const t of leaves) {
          assert.equal([...(await t.grad!.data())], new Array(t.size).fill(0), variant);
          t.grad!.dispose();
        }
      });
    }
  });

  test(`${name}: leaves nothing on the GPU`, async () => {
    const gpu = await testGpu();
    const before = gpu.pool.liveBytes;
    await checkConv(await variantsOf(family), x, w, { ...attrs, relu: true });
    assert.equal([gpu.pool.liveBytes, gpu.tape.length], [before, 0]);
  });

  test(`${name}: names the kernels that it dispatches, here or on a real GPU`, async () => {
    const g = geometry(x, w, attrs);
    const { adapter } = await testGpu();
    const plans = [adapter, anyGpu].flatMap((a) =>
      Object.keys(family.variants)
        .filter((variant) => passesOf(variant as ConvVariantName, g, a))
        .map((variant) => pickConvPlan(g, a, variant as ConvVariantName)),
    );
    const seen = await dispatched(family, plans);
    const known = new Set(convKernels.map((kernel) => kernel.name));
    assert.equal(
      seen.filter((kernel) => !known.has(kernel)),
      [],
      "kernels that no family names",
    );
    const { sums, around } = family.kernels;
    assert.equal(
      [...sums, ...around].map((kernel) => kernel.name).filter((kernel) => !seen.includes(kernel)),
      [],
      "kernels that it names and does not dispatch",
    );
  });

  test(`${name}: what tuning tries is its own, each once, and can be written down`, async () => {
    const g = geometry(x, w, attrs);
    for (const adapter of [(await testGpu()).adapter, anyGpu]) {
      for (const pass of ["forward", "dw"] as const) {
        const choices = choicesFor(pass, g, adapter);
        assert.equal(choices[0], pickConvPlan(g, adapter)[pass], "the heuristic's comes first");
        assert.is(new Set(choices.map((c) => JSON.stringify(c))).size, choices.length);
        assert.equal(JSON.parse(JSON.stringify(choices)), choices);
      }
      const own = [...family.candidates(g, adapter), ...(family.dwCandidates?.(g, adapter) ?? [])];
      assert.ok(own.every((c) => c.family === name));
    }
  });

  test(`${name}: fewer multiply-adds than the direct sum cost the workspace that it says`, async () => {
    const gpu = await testGpu();
    const g = geometry(x, w, attrs);
    for (const variant of family.cost ? await variantsOf(family) : []) {
      const { forward } = passesOf(variant, g, gpu.adapter)!;
      const { products, workspace } = family.cost!(g, forward, gpu.adapter);
      assert.ok(products > 0 && products < 1);
      const bytes: number[] = [];
      const empty: Gpu["empty"] = (shape, dtype) => {
        const made = Object.getPrototypeOf(gpu).empty.call(gpu, shape, dtype);
        bytes.push(4 * made.size);
        return made;
      };
      const [image, weights] = convExample(x, w, attrs).inputs;
      callsOf(gpu, "empty", empty, () => {
        const upload = ({ data, shape }: ReturnType<typeof nd>) => gpu.tensor(data, shape);
        conv2d(upload(image), upload(weights), null, { ...attrs, variant } satisfies Conv2dAttrs);
      });
      const pairs = bytes.flatMap((a, i) => bytes.slice(i + 1).map((b) => a + b));
      assert.ok(pairs.includes(workspace), `${variant}: inputs and products of ${workspace} bytes among ${bytes}`);
    }
  });
}

test.run();
