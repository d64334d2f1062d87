// ReLU and its gradient.
//
//   MODE 0: y = x where x > 0, else 0          MODE 1: y = x where z > 0, else 0   (x = gy, z = the forward's result)
//
// x [n] f32, z [n] f32 (MODE 1 only), y [n] f32. Bytes moved: 8n (forward), 12n (gradient).
// `select(x, 0, x <= 0)` lets NaN through on every driver; `max(NaN, 0)` is 0 on the software ones.
#include "real.wgsl"
#include "common.wgsl"

struct Dims { n: u32 }
@group(0) @binding(0) var<uniform> u: Dims;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;
#if MODE == 1
@group(0) @binding(3) var<storage, read> z: array<vec4f>;
#end

#include "four.wgsl"

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let q = flatIndex(wid, groups, lid);
  if (4 * q >= u.n) { return; }
#if MODE == 0
  put(q, select(x[q], vec4f(), x[q] <= vec4f()));
#else
  put(q, select(x[q], vec4f(), z[q] <= vec4f()));
#end
}
