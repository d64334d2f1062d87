// y[yFirst + walk b] = x[xFirst + walk a] for every element of an index space: slicing, joining, transposing and
// broadcasting are all this one copy with different strides.
//
// x, y: real arrays of any size; n elements are copied. Bytes moved: 8n. Bound by memory on every hardware.
#include "real.wgsl"
#include "common.wgsl"

struct Dims {
  n: u32, xFirst: u32, yFirst: u32,
  sizesLo: vec4u, sizesHi: vec4u,
  aStridesLo: vec4u, aStridesHi: vec4u,
  bStridesLo: vec4u, bStridesHi: vec4u,
}
@group(0) @binding(0) var<uniform> u: Dims;
@group(0) @binding(1) var<storage, read> x: array<real>;
@group(0) @binding(2) var<storage, read_write> y: array<real>;

#include "walk.wgsl"

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = flatIndex(wid, groups, lid);
  if (i >= u.n) { return; }
  let at = walk(i);
  y[u.yFirst + at.y] = x[u.xFirst + at.x];
}
