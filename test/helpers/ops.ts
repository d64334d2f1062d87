import type { uvu } from "uvu";
import * as assert from "uvu/assert";
import type { Gpu } from "../../engine/core/gpu";
import { type Nd, ramp } from "../../engine/core/nd";
import type { Op } from "../../engine/core/op";
import type { Tensor } from "../../engine/core/tensor";
import type { Dtype } from "../../engine/device/dtype";
import { OptionError, ShapeError } from "../../engine/errors/errors";
import { cast } from "../../engine/ops/cast";
import { checkOp, opsOf, relativeError } from "../../engine/ops/check-op";
import * as door from "../../engine/ops/index";
import { testGpu } from "./gpu";

export { relativeError };

export function assertClose(got: ArrayLike<number>, want: ArrayLike<number>, tolerance: number, what: string): void {
  const error = relativeError(got, want);
  assert.ok(error <= tolerance, `${what}: relative error ${error.toExponential(2)} exceeds ${tolerance}`);
}

const upload = (gpu: Gpu, x: Nd): Tensor => gpu.tensor(x.data, x.shape);

/** Every op. */
export const everyOp = opsOf({ ...door });

/** The tests that every op's own samples generate: reference, gradients, leaks, shape errors. */
export function testOp<A>(test: uvu.Test<unknown>, op: Op<A>): void {
  const check = async (dtype: Dtype, least: { forward: number; gradients: number }) => {
    const errors = await checkOp(await testGpu(), op, dtype);
    for (const [n, { tolerance = 0 }] of op.samples().entries()) {
      const { forward, gradients } = errors[n];
      const most = Math.max(least.gradients, tolerance);
      assert.ok(forward <= (tolerance || least.forward), `sample ${n}: relative error ${forward.toExponential(2)}`);
      for (const [i, error] of gradients) {
        assert.ok(error <= most, `sample ${n}, gradient of input ${i}: ${error.toExponential(2)}`);
      }
    }
  };
  // A cast is float16 at one of its ends.
  const narrows = op.dtype?.("f32") === "f16";

  if (!narrows) {
    test(`${op.name}: equals its float64 reference, its vjp finite differences`, () =>
      check("f32", { forward: 2e-5, gradients: 5e-5 }));
  }

  if (op.half) {
    test(`${op.name}: the same in float16`, async () => {
      if (!(await testGpu()).adapter.f16) {
        console.log("    skipped: this adapter has no float16");
        return;
      }
      // The result is rounded by half of this at most, for a gradient the incoming one and those in between too.
      const eps = 2 ** -10;
      if (narrows) await check("f32", { forward: eps, gradients: eps });
      await check("f16", { forward: eps, gradients: 2 * eps });
    });
  }

  test(`${op.name}: leaks nothing`, async () => {
    const gpu = await testGpu();
    if (narrows && !gpu.adapter.f16) return;
    const [sample] = op.samples();
    const before = gpu.pool.liveBytes;
    gpu.scope(() => {
      const inputs = sample.inputs.map((x) => upload(gpu, x));
      if (op.vjp) for (const i of sample.differentiable ?? inputs.keys()) inputs[i].requiresGrad = true;
      const y = op.apply(inputs, sample.attrs);
      if (op.vjp) gpu.tape.backward(y, cast(upload(gpu, ramp(y.shape)), y.dtype));
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
        (e: unknown) => (e instanceof ShapeError || e instanceof OptionError) && e.op === op.name,
      );
    });
  }
}
