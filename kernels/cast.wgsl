// y = x, from f32 to f16 (NARROW 1: to the nearest, beyond 65,504 infinity) or back (NARROW 0: exact).
//
// x, y [n4] vec4: tensors end on whole vec4, the last one's surplus is copied too. Bytes moved 6 a value. Bound by memory
// everywhere.
#include "real.wgsl"
#include "common.wgsl"

struct Dims { n4: u32 }
@group(0) @binding(0) var<uniform> u: Dims;
#if NARROW
@group(0) @binding(1) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4<real>>;
#else
@group(0) @binding(1) var<storage, read> x: array<vec4<real>>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4<f32>>;
#end

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = flatIndex(wid, groups, lid);
  if (i >= u.n4) { return; }
#if NARROW
  y[i] = vec4<real>(x[i]);
#else
  y[i] = vec4<f32>(x[i]);
#end
}
