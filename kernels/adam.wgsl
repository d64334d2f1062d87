// Adam (Kingma & Ba 2015), PyTorch's form, for one run of the parameter arena.
//
//   g' = g * factor + weight_decay * p
//   m  = beta1 * m + (1 - beta1) * g'         v = beta2 * v + (1 - beta2) * g'^2
//   p -= (lr / (1 - beta1^t)) * m / (sqrt(v) / sqrt(1 - beta2^t) + eps)
//
// p, g, m, v [n] f32. hyper [8] f32, written by the host every step (never baked into a captured step): lr / bias
// correction 1, sqrt(bias correction 2), beta1, 1 - beta1, beta2, 1 - beta2, eps, weight_decay; the corrections come
// in float64 from the host because `pow` errs by 6e-5 on software drivers.
// control [6] f32 from gradient_control.wgsl: -, update (0 for a step that is left out: nothing changes), factor (the clip,
// and the loss scale taken out again), -, -, -.
// FLOPs ~14n, bytes moved 28n: bound by memory everywhere, hence four values at a time (runs are multiples of four).
#include "common.wgsl"

struct Dims { n4: u32 }
@group(0) @binding(0) var<uniform> u: Dims;
@group(0) @binding(1) var<storage, read> hyper: array<f32>;
@group(0) @binding(2) var<storage, read> control: array<f32>;
@group(0) @binding(3) var<storage, read> g: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> p: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> m: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> v: array<vec4f>;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = flat_index(wid, groups, lid);
  if (i >= u.n4 || control[1] == 0.0) { return; }
  let step_size = hyper[0];
  let root_correction2 = hyper[1];
  let p0 = p[i];
  let gradient = g[i] * control[2] + hyper[7] * p0;
  let m1 = hyper[2] * m[i] + hyper[3] * gradient;
  let v1 = hyper[4] * v[i] + hyper[5] * gradient * gradient;
  m[i] = m1;
  v[i] = v1;
  p[i] = p0 - step_size * (m1 / (sqrt(v1) / root_correction2 + hyper[6]));
}
