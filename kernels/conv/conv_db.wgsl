// Convolution's gradient by the bias: each output channel's gradients summed.
//
//   db[o] = sum over n, i, j of  dy[n, o, i, j]
//
// dy [n, co, plane] vec4 of real: masked gradient of y with zeros around it (they add nothing), planes counted in vec4; db [co] f32.
// One workgroup of WG (a power of two) a channel, folded into two dimensions (see Gpu.grid): each invocation
// sums every WG-th vec4, then a tree in workgroup memory. The order is fixed, so the bits are the same on every run.
// FLOPs and bytes: one add, 4 bytes a value.
#include "real.wgsl"
#include "grid.wgsl"

struct Dims { n: u32, co: u32, plane: u32 }
@group(0) @binding(0) var<uniform> u: Dims;
@group(0) @binding(1) var<storage, read> dy: array<vec4<real>>;
@group(0) @binding(2) var<storage, read_write> db: array<f32>;

const WG: u32 = {WG}u;
var<workgroup> sums: array<vec4<f32>, WG>;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let o = flatGroup(wid, groups);
  if (o >= u.co) { return; }
  var sum = vec4<f32>();
  for (var n = 0u; n < u.n; n++) {
    let at = (n * u.co + o) * u.plane;
    for (var i = lid; i < u.plane; i += WG) { sum += vec4<f32>(dy[at + i]); }
  }
  sums[lid] = sum;
  for (var half = WG / 2; half > 0; half /= 2) {
    workgroupBarrier();
    if (lid < half) { sums[lid] += sums[lid + half]; }
  }
  if (lid == 0) { db[o] = (sums[0].x + sums[0].y) + (sums[0].z + sums[0].w); }
}
