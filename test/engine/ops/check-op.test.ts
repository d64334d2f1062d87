import { suite } from "uvu";
import * as assert from "uvu/assert";
import { perElement } from "../../../engine/core/launch";
import { mapNd, ramp } from "../../../engine/core/nd";
import { defineOp, type NoAttrs, type OpSpec } from "../../../engine/core/op";
import { checkOp } from "../../../engine/ops/check-op";
import type { Kernel } from "../../../kernels/index";
import { testGpu } from "../../helpers/gpu";

const test = suite("check-op");

/** y = FACTOR * x * x. */
const kernel: Kernel = {
  name: "test_square",
  source: `
#include "common.wgsl"
struct Dims { n: u32 }
@group(0) @binding(0) var<uniform> u: Dims;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = flatIndex(wid, groups, lid);
  if (i < u.n) { y[i] = f32({FACTOR}) * a[i] * b[i]; }
}
`,
};

const square = (change: Partial<OpSpec<NoAttrs>> = {}) =>
  defineOp<NoAttrs>({
    name: "square",
    shape: ([x]) => x,
    forward: (_, [x], y) => void perElement(kernel, y, { params: { FACTOR: 1 }, bindings: { a: x, b: x } }),
    saves: { inputs: [0] },
    vjp: (_, __, { gy, input, out }) =>
      perElement(kernel, out(gy.shape), { params: { FACTOR: 2 }, bindings: { a: gy, b: input(0) } }),
    reference: ([x]) => mapNd(x, (v) => v * v),
    samples: () => [{ inputs: [ramp([2, 3])], attrs: {} }],
    ...change,
  });

test("an op that is right has small errors, and leaves nothing behind", async () => {
  const gpu = await testGpu();
  const before = gpu.pool.liveBytes;
  const [{ forward, gradients }, ...others] = await checkOp(gpu, square());
  assert.is(others.length, 0);
  assert.ok(forward < 1e-6, `forward ${forward}`);
  assert.equal([...gradients.keys()], [0]);
  assert.ok(gradients.get(0)! < 1e-6, `gradient ${gradients.get(0)}`);
  assert.is(gpu.pool.liveBytes, before);
});

test("a wrong result and a wrong gradient are told apart", async () => {
  const gpu = await testGpu();
  const [wrong] = await checkOp(gpu, square({ reference: ([x]) => mapNd(x, (v) => v * v + 0.1) }));
  assert.ok(wrong.forward > 0.05 && wrong.gradients.get(0)! < 1e-6, JSON.stringify(wrong));
  const vjp: OpSpec<NoAttrs>["vjp"] = (_, __, { gy, input, out }) =>
    perElement(kernel, out(gy.shape), { params: { FACTOR: 1 }, bindings: { a: gy, b: input(0) } });
  const [half] = await checkOp(gpu, square({ vjp }));
  assert.ok(half.forward < 1e-6 && Math.abs(half.gradients.get(0)! - 0.5) < 1e-3, JSON.stringify(half));
});

test("an op without a vjp has no gradients to check; a reference of another shape is wrong", async () => {
  const gpu = await testGpu();
  const [{ forward, gradients }] = await checkOp(gpu, square({ vjp: null, reference: () => ramp([6]) }));
  assert.is(forward, Number.POSITIVE_INFINITY);
  assert.is(gradients.size, 0);
});

test.run();
