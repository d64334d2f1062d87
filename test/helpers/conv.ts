import * as assert from "uvu/assert";
import { withMargin } from "../../engine/core/layout";
import { type Nd, nd, ramp } from "../../engine/core/nd";
import { Tensor } from "../../engine/core/tensor";
import type { AdapterFacts } from "../../engine/device/facts";
import type { Dtype } from "../../engine/device/index";
import type { LaidOutConvAttrs } from "../../engine/ops/conv/attrs";
import {
  type Adapter,
  asOneRow,
  type ConvGeometry,
  type ConvSample,
  convGeometry,
} from "../../engine/ops/conv/common/index";
import { type ConvVariantName, families } from "../../engine/ops/conv/families/index";
import { type ConvPlan, passesOf, pickConvPlan } from "../../engine/ops/conv/plan";
import { conv2dReference, eachResult, eachTerm } from "../../engine/ops/conv/reference";
import { conv2dOp } from "../../engine/ops/conv2d";
import { testGpu } from "./gpu";
import { inMemory, laidOut, withZeros } from "./layouts";
import { assertClose } from "./ops";

/** A real GPU, whose plans may be run on whatever adapter is here. */
export const anyGpu: Adapter = { kind: "gpu", subgroups: true, subgroupSize: 32 };

/** Every variant of every family. */
export const variantNames = families.flatMap(({ variants }) => Object.keys(variants)) as ConvVariantName[];

/** The sizes that plans are made of: x [n, ci, h, w], kernels [co, kh, kw]. @param margin zeros around images of x in memory */
export function geometry(
  x: readonly number[],
  [co, kh, kw]: readonly number[],
  attrs: LaidOutConvAttrs = {},
  margin = 0,
): ConvGeometry {
  const g = convGeometry([x, [co, x[1], kh, kw]], attrs);
  const layouts = { x: withMargin(g.h, g.w, margin) ?? g.x, y: withMargin(g.oh, g.ow, attrs.margin ?? 0) ?? g.y };
  return asOneRow({ ...g, ...layouts });
}

/** The variants that can compute a convolution on this adapter. */
export const variantsFor = (
  adapter: Adapter,
  x: readonly number[],
  w: readonly number[],
  attrs: LaidOutConvAttrs,
  margin = 0,
): ConvVariantName[] => variantNames.filter((name) => passesOf(name, geometry(x, w, attrs, margin), adapter));

/** Whether a variant's sums are those of the formula, and exact where all numbers are whole; else it transforms images. */
export const sumsAsTheFormula = (name: ConvVariantName): boolean =>
  !families.find(({ variants }) => Object.hasOwn(variants, name))!.cost;

/** The plan that a real GPU gets. */
export const gpuPlan = (x: readonly number[], w: readonly number[], attrs: ConvSample["attrs"]): ConvPlan =>
  pickConvPlan(geometry(x, w, attrs), anyGpu);

export type Results<A> = Record<"y" | "dx" | "dw" | "db", A>;

/**
 * The result and the gradients by x, weights and bias on the GPU, for given inputs and a gradient of y.
 * @param margin zeros around images of x in memory
 */
export async function convOnGpu(
  inputs: readonly Nd[],
  gy: Nd,
  attrs: LaidOutConvAttrs,
  dtype: Dtype = "f32",
  margin = 0,
): Promise<Results<Float32Array>> {
  const gpu = await testGpu();
  return gpu.scopeAsync(async () => {
    const leaves = inputs.map((t, i) => (i === 0 ? laidOut(gpu, t, margin, dtype) : gpu.tensor(t.data, t.shape)));
    leaves[0] = leaves[0].detach();
    for (const t of leaves) t.requiresGrad = true;
    const y = conv2dOp.apply(leaves, attrs).keep();
    const seed = laidOut(gpu, gy, attrs.margin ?? 0, dtype);
    if (seed.layout && dtype === "f32") {
      // What is in a gradient's margin is nobody's concern.
      gpu.write(gpu.track(new Tensor(gpu, [seed.extent], seed.storage.retain())), withZeros(gy, attrs.margin!, 7));
    }
    gpu.tape.backward(y, seed);
    const around = (await inMemory(y)).filter((v) => v !== 0).length;
    const results = [y, ...leaves.map((t) => t.grad as Tensor)];
    assert.equal(
      results.map((t) => t.dtype),
      [dtype, dtype, "f32", "f32"],
    );
    const [yv, dx, dw, db] = await Promise.all(results.map((t) => t.data()));
    assert.is(around, yv.filter((v) => v !== 0).length, "zeros around y");
    for (const t of results) t.dispose();
    return { y: yv, dx, dw, db };
  });
}

/** The same in float64, term by term. */
export function convOnCpu([x, w, b]: readonly Nd[], gy: Nd, attrs: LaidOutConvAttrs): Results<Nd["data"]> {
  const y = conv2dReference([x, w, b], attrs);
  const g = convGeometry([x.shape, w.shape], attrs);
  const [dx, dw, db] = [nd(x.shape), nd(w.shape), nd(b.shape)];
  const dy = gy.data.map((v, i) => (attrs.relu && y.data[i] <= 0 ? 0 : v));
  eachResult(g, (yi, o) => {
    db.data[o] += dy[yi];
  });
  eachTerm(g, (xi, wi, yi) => {
    dx.data[xi] += w.data[wi] * dy[yi];
    dw.data[wi] += x.data[xi] * dy[yi];
  });
  return { y: y.data, dx: dx.data, dw: dw.data, db: db.data };
}

/** Inputs of a convolution and a gradient of its result. */
export function convExample(x: readonly number[], [co, kh, kw]: readonly number[], attrs: LaidOutConvAttrs) {
  const shapes = [x, [co, x[1], kh, kw], [co]];
  const { n, oh, ow } = convGeometry([x, shapes[1]], attrs);
  return { inputs: shapes.map((shape, i) => ramp(shape, -1, 1, i + 1)), gy: ramp([n, co, oh, ow], -1, 1, 9) };
}

/** Ways to compute a convolution: a family's variant, a plan, or the usual plan. */
type Variants = readonly LaidOutConvAttrs["variant"][];

/** Holds each way to compute a convolution and its gradients against float64. @param margin zeros around images of x in memory */
export async function checkConv(
  variants: Variants,
  x: readonly number[],
  w: readonly number[],
  attrs: LaidOutConvAttrs,
  margin = 0,
): Promise<void> {
  const { inputs, gy } = convExample(x, w, attrs);
  const want = convOnCpu(inputs, gy, attrs);
  for (const variant of variants) {
    const got = await convOnGpu(inputs, gy, { ...attrs, variant }, "f32", margin);
    const what = `x [${x}] with ${margin}, w [${w}], y with ${attrs.margin ?? 0}, by ${JSON.stringify(variant)}`;
    for (const k of ["y", "dx", "dw", "db"] as const) assertClose(got[k], want[k], 2e-5, `${k}: ${what}`);
  }
}

/** Multiples of 1/256 from -1 to 1: whole in float16, and exact when they are multiplied and added up in float32. */
const coarse = ({ shape, data }: Nd): Nd =>
  nd(
    shape,
    data.map((v) => Math.round(v * 256) / 256),
  );

/** The same with images, results and their gradients in float16. */
export async function checkHalfConv(
  variants: Variants,
  x: readonly number[],
  w: readonly number[],
  attrs: LaidOutConvAttrs,
): Promise<void> {
  const example = convExample(x, w, attrs);
  const [inputs, gy] = [example.inputs.map(coarse), coarse(example.gy)];
  const want = convOnCpu(inputs, gy, attrs);
  // Sums are float32, so what is float16 is off by its own rounding alone.
  const tolerance = { y: 2 ** -11, dx: 2 ** -11, dw: 1e-6, db: 1e-6 };
  for (const variant of variants) {
    const got = await convOnGpu(inputs, gy, { ...attrs, variant }, "f16");
    const what = `x [${x}], w [${w}], by ${JSON.stringify(variant)}`;
    for (const k of ["y", "dx", "dw", "db"] as const) assertClose(got[k], want[k], tolerance[k], `${k}: ${what}`);
  }
}

/** Whether the adapter has float16; else a line says that the test is skipped. */
export function hasHalf({ f16 }: AdapterFacts): boolean {
  if (!f16) console.log("    skipped: this adapter has no float16");
  return f16;
}

/** The tiles that are tested: the larger ones take SwiftShader long to compile. */
export function testedTiles({ kind }: AdapterFacts): number[] {
  const slow = kind === "swiftshader" && !process.env.NSRM_FULL;
  if (slow)
    console.log("    skipped: the larger tile, which this adapter needs long to compile (NSRM_FULL=1 tests it)");
  return slow ? [64] : [64, 128];
}
