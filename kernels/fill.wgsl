// y = value (MODE 0), or y += x (MODE 1: gradients that meet at one tensor).
// x [n] real (MODE 1), y [n] real. Bytes moved: 4n (fill), 12n (add).
#include "real.wgsl"
#include "common.wgsl"

#if MODE == 0
struct Dims { n: u32, value: f32 }
#else
struct Dims { n: u32 }
@group(0) @binding(2) var<storage, read> x: array<vec4<real>>;
#end
@group(0) @binding(0) var<uniform> u: Dims;
@group(0) @binding(1) var<storage, read_write> y: array<vec4<real>>;

#include "four.wgsl"

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let q = flatIndex(wid, groups, lid);
  if (4 * q >= u.n) { return; }
#if MODE == 0
  put(q, vec4f(u.value));
#else
  put(q, vec4f(y[q] + x[q]));
#end
}
