import {
  copyTo,
  type Gpu,
  mapNd,
  mayBeHalf,
  type Nd,
  nd,
  type Op,
  ramp,
  readsLayout,
  type Sample,
  type Tensor,
  withMargin,
} from "../core/index";
import type { Dtype } from "../device/index";
import { cast } from "./cast";

/** How far an op strays on one of its samples: largest differences, relative to the expected values' absmax. */
export interface OpErrors {
  /** Of the result, from the op's float64 reference. Infinity where the shapes differ. */
  readonly forward: number;
  /** Of each differentiable input's gradient, from central differences of the reference in float64; by input. */
  readonly gradients: ReadonlyMap<number, number>;
}

/**
 * Holds an op against itself: its kernels against its plain reference, its vjp against finite differences of that, on
 * each of its samples. Both errors are some 1e-6 where all is well, and of the order of 1 where a formula is wrong.
 * @param dtype with "f16" every input that may be float16 is (see `half` in OpSpec), the samples rounded to it beforehand;
 *   what is then left of the errors is the rounding of results and of gradients on their way, some 2^-11
 * @returns the errors of each sample, in the order of `op.samples()`
 */
export async function checkOp<A>(gpu: Gpu, op: Op<A>, dtype: Dtype = "f32"): Promise<OpErrors[]> {
  const errors: OpErrors[] = [];
  for (const given of op.samples()) {
    const sample = dtype === "f16" ? { ...given, inputs: given.inputs.map((x) => mapNd(x, roundToHalf)) } : given;
    const forward = await forwardError(gpu, op, sample, dtype);
    errors.push({ forward, gradients: op.vjp ? await gradientErrors(gpu, op, sample, dtype) : new Map() });
  }
  return errors;
}

/** A sample's inputs on the GPU, those that may be float16 in the wanted type, those that may have a margin with the sample's. */
function upload<A>(gpu: Gpu, op: Op<A>, { inputs, margin = 0 }: Sample<A>, dtype: Dtype): Tensor[] {
  return inputs.map(({ data, shape }, i) => {
    const x = cast(gpu.tensor(data, shape), mayBeHalf(op, i) ? dtype : "f32");
    const layout = readsLayout(op, i) ? withMargin(shape[2], shape[3], margin) : null;
    return layout ? copyTo(x, shape, layout) : x;
  });
}

/** The nearest float16, ties to even, of a value within its range: 11 significant bits, fewer below 2^-14. */
function roundToHalf(v: number): number {
  if (v === 0) return v;
  const unit = 2 ** (Math.max(Math.floor(Math.log2(Math.abs(v))), -14) - 10);
  const whole = Math.floor(v / unit);
  const rest = v / unit - whole;
  return unit * (rest === 0.5 ? whole + Math.abs(whole % 2) : Math.round(v / unit));
}

function forwardError<A>(gpu: Gpu, op: Op<A>, sample: Sample<A>, dtype: Dtype): Promise<number> {
  const { inputs, attrs } = sample;
  return gpu.scopeAsync(async () => {
    const y = op.apply(upload(gpu, op, sample, dtype), attrs);
    const want = op.reference(inputs, attrs);
    return y.shape.join() === want.shape.join() ? relativeError(await y.data(), want.data) : Number.POSITIVE_INFINITY;
  });
}

function gradientErrors<A>(gpu: Gpu, op: Op<A>, sample: Sample<A>, dtype: Dtype): Promise<Map<number, number>> {
  return gpu.scopeAsync(async () => {
    const inputs = upload(gpu, op, sample, dtype);
    const wanted = sample.differentiable ?? sample.inputs.map((_, i) => i);
    for (const i of wanted) inputs[i].requiresGrad = true;
    const y = op.apply(inputs, sample.attrs);
    const gy = ramp(y.shape, -1, 1, 7);
    y.backward(cast(gpu.tensor(gy.data, gy.shape), y.dtype));
    const errors = new Map<number, number>();
    for (const i of wanted) {
      const grad = inputs[i].grad as Tensor;
      errors.set(i, relativeError(await grad.data(), finiteDifferences(op, sample, gy, i)));
      grad.dispose();
    }
    return errors;
  });
}

/** Gradient of sum(gy * reference(inputs)) by input `i`, by central differences in float64. */
function finiteDifferences<A>(op: Op<A>, { inputs: given, attrs }: Sample<A>, gy: Nd, i: number): Float64Array {
  const inputs = given.map((x) => nd(x.shape, x.data));
  const x = inputs[i].data;
  const value = () => op.reference(inputs, attrs).data.reduce((sum, v, k) => sum + v * gy.data[k], 0);
  return x.map((x0, k) => {
    const h = 1e-6 * Math.max(1, Math.abs(x0));
    x[k] = x0 + h;
    const up = value();
    x[k] = x0 - h;
    const down = value();
    x[k] = x0;
    return (up - down) / (2 * h);
  });
}

/** Largest difference, relative to the expected values' absmax (at least `floor`). NaN must meet NaN. */
export function relativeError(got: ArrayLike<number>, want: ArrayLike<number>, floor = 1e-3): number {
  if (got.length !== want.length) return Number.POSITIVE_INFINITY;
  let worst = 0;
  let scale = floor;
  for (let i = 0; i < want.length; i++) {
    if (Number.isNaN(want[i]) || Number.isNaN(got[i])) {
      if (Number.isNaN(want[i]) !== Number.isNaN(got[i])) return Number.POSITIVE_INFINITY;
      continue;
    }
    scale = Math.max(scale, Math.abs(want[i]));
    worst = Math.max(worst, Math.abs(got[i] - want[i]));
  }
  return worst / scale;
}

/** The ops among what a module exports. */
// biome-ignore lint/suspicious/noExplicitAny: ops differ in their attributes; who takes them all needs what they share
export const opsOf = (module: Readonly<Record<string, unknown>>): readonly Op<any>[] =>
  // biome-ignore lint/suspicious/noExplicitAny: as above
  Object.values(module).filter((value): value is Op<any> => value instanceof Object && "samples" in value);
