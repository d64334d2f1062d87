// y[y_first + walk b] = x[x_first + walk a] for every element of an index space: slicing, joining, transposing and
// broadcasting are all this one copy with different strides.
//
// x, y: real arrays of any size; n elements are copied. Bytes moved: 8n. Bound by memory on every hardware.
#include "real.wgsl"
#include "common.wgsl"

struct Dims {
  n: u32, x_first: u32, y_first: u32,
  sizes_lo: vec4u, sizes_hi: vec4u,
  a_strides_lo: vec4u, a_strides_hi: vec4u,
  b_strides_lo: vec4u, b_strides_hi: vec4u,
}
@group(0) @binding(0) var<uniform> u: Dims;
@group(0) @binding(1) var<storage, read> x: array<real>;
@group(0) @binding(2) var<storage, read_write> y: array<real>;

#include "walk.wgsl"

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = flat_index(wid, groups, lid);
  if (i >= u.n) { return; }
  let at = walk(i);
  y[u.y_first + at.y] = x[u.x_first + at.x];
}
