// y = factor * x + offset, elementwise with constants.
//
// x, y [n] f32. FLOPs 2n, bytes moved 8n. Bound by memory everywhere.
#include "real.wgsl"
#include "common.wgsl"

struct Dims { n: u32, factor: f32, offset: f32 }
@group(0) @binding(0) var<uniform> u: Dims;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;

#include "four.wgsl"

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let q = flatIndex(wid, groups, lid);
  if (4 * q >= u.n) { return; }
  put(q, u.factor * x[q] + u.offset);
}
