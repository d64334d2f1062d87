// Adam (Kingma & Ba 2015), PyTorch's form, for one run of the parameter arena, or for one tensor.
//
//   DECOUPLED 0: g' = g * factor + weightDecay * p
//   DECOUPLED 1: g' = g * factor, and p is p - weightDecay * p to begin with: AdamW (Loshchilov & Hutter 2019)
//   m  = beta1 * m + (1 - beta1) * g'         v = beta2 * v + (1 - beta2) * g'^2
//   p -= (lr / (1 - beta1^t)) * m / (sqrt(v) / sqrt(1 - beta2^t) + eps)
//
// p, g, m, v [n] f32. hyper [rows, 8] f32, of which `row` is meant, written by the host every step (never baked into a captured
// step): lr / bias correction 1, sqrt(bias correction 2), beta1, 1 - beta1, beta2, 1 - beta2, eps, weightDecay (DECOUPLED: lr
// times that); the corrections come in float64 from the host because `pow` errs by 6e-5 on software drivers.
// control [6] f32 from gradient_control.wgsl: -, update (0 for a step that is left out: nothing changes), factor (the clip,
// and the loss scale taken out again), -, -, -.
// FLOPs ~14n, bytes moved 28n: bound by memory everywhere, hence four values at a time (runs are multiples of four, and tensors
// filled up to one in memory).
#include "common.wgsl"

struct Dims { n4: u32, row: u32 }
@group(0) @binding(0) var<uniform> u: Dims;
@group(0) @binding(1) var<storage, read> hyper: array<f32>;
@group(0) @binding(2) var<storage, read> control: array<f32>;
@group(0) @binding(3) var<storage, read> g: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> p: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> m: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> v: array<vec4f>;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = flatIndex(wid, groups, lid);
  if (i >= u.n4 || control[1] == 0.0) { return; }
  let h = 8 * u.row;
  let stepSize = hyper[h];
  let rootCorrection2 = hyper[h + 1];
#if DECOUPLED
  let p0 = p[i] - hyper[h + 7] * p[i];
  let gradient = g[i] * control[2];
#else
  let p0 = p[i];
  let gradient = g[i] * control[2] + hyper[h + 7] * p0;
#end
  let m1 = hyper[h + 2] * m[i] + hyper[h + 3] * gradient;
  let v1 = hyper[h + 4] * v[i] + hyper[h + 5] * gradient * gradient;
  m[i] = m1;
  v[i] = v1;
  p[i] = p0 - stepSize * (m1 / (sqrt(v1) / rootCorrection2 + hyper[h + 6]));
}
