import type { uvu } from "uvu";
import * as assert from "uvu/assert";
import { ShapeError } from "../../engine/errors";
import type { Gpu } from "../../engine/gpu";
import { type Nd, nd, ramp } from "../../engine/nd";
import type { Op, Sample } from "../../engine/ops/op";
import type { Tensor } from "../../engine/tensor";
import { testGpu } from "./gpu";

/** Largest difference, relative to the expected values' absmax (at least `floor`). NaN must meet NaN. */
export function relativeError(got: ArrayLike<number>, want: ArrayLike<number>, floor = 1e-3): number {
  assert.is(got.length, want.length, "sizes differ");
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

export function assertClose(got: ArrayLike<number>, want: ArrayLike<number>, tolerance: number, what: string): void {
  const error = relativeError(got, want);
  assert.ok(error <= tolerance, `${what}: relative error ${error.toExponential(2)} exceeds ${tolerance}`);
}

const upload = (gpu: Gpu, x: Nd): Tensor => gpu.tensor(x.data, x.shape);

/** Gradient of sum(gy * reference(inputs)) by input `i`, by central differences in float64. */
function finiteDifferences<A>(op: Op<A>, sample: Sample<A>, gy: Nd, i: number): Float64Array {
  const inputs = sample.inputs.map((x) => nd(x.shape, x.data));
  const x = inputs[i].data;
  const value = () => op.reference(inputs, sample.attrs).data.reduce((sum, v, k) => sum + v * gy.data[k], 0);
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

/** The tests that every op's own samples generate: reference, gradients, leaks, shape errors. */
export function testOp<A>(test: uvu.Test<unknown>, op: Op<A>): void {
  test(`${op.name}: equals its float64 reference`, async () => {
    const gpu = await testGpu();
    for (const [n, sample] of op.samples().entries()) {
      await gpu.scopeAsync(async () => {
        const y = op.apply(
          sample.inputs.map((x) => upload(gpu, x)),
          sample.attrs,
        );
        const want = op.reference(sample.inputs, sample.attrs);
        assert.equal([...y.shape], [...want.shape], `sample ${n}: shape`);
        assertClose(await y.data(), want.data, sample.tolerance ?? 2e-5, `${op.name} sample ${n}`);
      });
    }
  });

  if (op.vjp) {
    test(`${op.name}: vjp equals finite differences`, async () => {
      const gpu = await testGpu();
      for (const [n, sample] of op.samples().entries()) {
        const wanted = sample.differentiable ?? sample.inputs.map((_, i) => i);
        await gpu.scopeAsync(async () => {
          const inputs = sample.inputs.map((x) => upload(gpu, x));
          for (const i of wanted) inputs[i].requiresGrad = true;
          const y = op.apply(inputs, sample.attrs);
          const gy = ramp(y.shape, -1, 1, 7);
          gpu.tape.backward(y, upload(gpu, gy));
          for (const i of wanted) {
            const grad = inputs[i].grad as Tensor;
            const want = finiteDifferences(op, sample, gy, i);
            assertClose(await grad.data(), want, Math.max(5e-5, sample.tolerance ?? 0), `${op.name} ${n}, input ${i}`);
            grad.dispose();
          }
        });
      }
    });
  }

  test(`${op.name}: leaks nothing`, async () => {
    const gpu = await testGpu();
    const [sample] = op.samples();
    const before = gpu.pool.liveBytes;
    gpu.scope(() => {
      const inputs = sample.inputs.map((x) => upload(gpu, x));
      if (op.vjp) for (const i of sample.differentiable ?? inputs.keys()) inputs[i].requiresGrad = true;
      const y = op.apply(inputs, sample.attrs);
      if (op.vjp) gpu.tape.backward(y, upload(gpu, ramp(y.shape)));
      for (const x of inputs) x.grad?.dispose();
    });
    await gpu.finish();
    assert.is(gpu.pool.liveBytes, before);
    assert.is(gpu.tape.length, 0, "the tape is empty");
  });

  for (const [n, bad] of (op.badShapes ?? []).entries()) {
    test(`${op.name}: refuses bad shapes ${n}`, () => {
      assert.throws(
        () => op.shape(bad.shapes, bad.attrs),
        (e: unknown) => e instanceof ShapeError && e.op === op.name,
      );
    });
  }
}
