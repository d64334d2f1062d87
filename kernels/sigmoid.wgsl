// Logistic sigmoid and its gradient.
//
//   GRAD 0: y = 1 / (1 + exp(-x))          GRAD 1: y = x z (1 - z)   (x = gy, z = the forward's result)
//
// x [n] f32, z [n] f32 (GRAD 1 only), y [n] f32. Bytes moved: 8n (forward), 12n (gradient).
#include "real.wgsl"
#include "common.wgsl"
#include "float.wgsl"

struct Dims { n: u32 }
@group(0) @binding(0) var<uniform> u: Dims;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;
#if GRAD == 1
@group(0) @binding(3) var<storage, read> z: array<vec4f>;
#end

#include "four.wgsl"

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let q = flatIndex(wid, groups, lid);
  if (4 * q >= u.n) { return; }
  let v = x[q];
#if GRAD == 0
  put(q, vec4f(sigmoid(v.x), sigmoid(v.y), sigmoid(v.z), sigmoid(v.w)));
#else
  put(q, v * (1.0 - z[q]) * z[q]);
#end
}
