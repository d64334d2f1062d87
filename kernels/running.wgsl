// Running statistics: y += rate (factor x - y), an exponential moving average of batch statistics x, in place.
//
// x, y [n] f32. FLOPs 4n, bytes moved 12n; n is a layer's channel count.
#include "real.wgsl"
#include "common.wgsl"

struct Dims { n: u32, rate: f32, factor: f32 }
@group(0) @binding(0) var<uniform> u: Dims;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;

#include "four.wgsl"

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let q = flatIndex(wid, groups, lid);
  if (4 * q >= u.n) { return; }
  put(q, y[q] + u.rate * (u.factor * x[q] - y[q]));
}
