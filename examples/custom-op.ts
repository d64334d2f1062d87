// An op of one's own: swish, y = x sigmoid(x), with its WGSL and its vector-Jacobian product, checked by finite differences.
import { checkOp, defineOp, type Kernel, mapNd, type NoAttrs, openGpu, perElement, ramp } from "nsrm-webgpu/engine";

/** One text for both directions: GRAD is a parameter of the preprocessing step, as in the engine's own kernels. */
const kernel: Kernel = {
  name: "swish",
  source: `
#include "common.wgsl"

struct Dims { n: u32 }
@group(0) @binding(0) var<uniform> u: Dims;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
#if GRAD == 1
@group(0) @binding(3) var<storage, read> gy: array<f32>;
#end

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = flatIndex(wid, groups, lid);
  if (i >= u.n) { return; }
  let s = 1.0 / (1.0 + exp(-x[i]));
#if GRAD == 0
  y[i] = x[i] * s;
#else
  y[i] = gy[i] * (s + x[i] * s * (1.0 - s));
#end
}
`,
};

const swish = defineOp<NoAttrs>({
  name: "swish",
  shape: ([x]) => x,
  forward: (_, [x], y) => void perElement(kernel, y, { params: { GRAD: 0 }, bindings: { x } }),
  saves: { inputs: [0] },
  vjp: (_, __, { gy, input, out }) =>
    perElement(kernel, out(gy.shape), { params: { GRAD: 1 }, bindings: { x: input(0), gy } }),
  reference: ([x]) => mapNd(x, (v) => v / (1 + Math.exp(-v))),
  samples: () => [{ inputs: [ramp([2, 3, 5], -6, 6)], attrs: {} }],
});

const gpu = await openGpu();
for (const { forward, gradients } of await checkOp(gpu, swish)) {
  console.log(`forward ${forward.toExponential(1)}, gradient ${gradients.get(0)?.toExponential(1)} (relative errors)`);
}

const x = gpu.tensor([-2, 0, 2], [3]);
x.requiresGrad = true;
const y = swish.apply([x], {});
console.log("swish", Array.from(await y.data(), (v) => v.toFixed(4)).join(" "));
y.backward(gpu.tensor([1, 1, 1], [3]));
console.log("slope", Array.from((await x.grad?.data()) ?? [], (v) => v.toFixed(4)).join(" "));
await gpu.close();
