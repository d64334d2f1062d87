// Logistic sigmoid and its gradient.
//
//   GRAD 0: y = 1 / (1 + exp(-x))          GRAD 1: y = x z (1 - z)   (x = gy, z = the forward's result)
//
// x [n] f32, z [n] f32 (GRAD 1 only), y [n] f32. Bytes moved: 8n (forward), 12n (gradient).
#include "common.wgsl"
#include "float.wgsl"

struct Dims { n: u32 }
@group(0) @binding(0) var<uniform> u: Dims;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
#if GRAD == 1
@group(0) @binding(3) var<storage, read> z: array<f32>;
#end

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = flat_index(wid, groups, lid);
  if (i >= u.n) { return; }
#if GRAD == 0
  y[i] = sigmoid(x[i]);
#else
  y[i] = x[i] * (1.0 - z[i]) * z[i];
#end
}
