// y = a op b, elementwise with broadcasting.
//
//   OP 0: a + b      OP 1: a - b      OP 2: a * b      OP 3: a / b
//
// a, b f32 of shapes that broadcast to y's; y [n] f32. FLOPs n, bytes moved at most 12n. Bound by memory everywhere.
#include "common.wgsl"

struct Dims {
  n: u32,
  sizes_lo: vec4u, sizes_hi: vec4u,
  a_strides_lo: vec4u, a_strides_hi: vec4u,
  b_strides_lo: vec4u, b_strides_hi: vec4u,
}
@group(0) @binding(0) var<uniform> u: Dims;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

#include "walk.wgsl"

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = flat_index(wid, groups, lid);
  if (i >= u.n) { return; }
  let at = walk(i);
#if OP == 0
  y[i] = a[at.x] + b[at.y];
#end
#if OP == 1
  y[i] = a[at.x] - b[at.y];
#end
#if OP == 2
  y[i] = a[at.x] * b[at.y];
#end
#if OP == 3
  y[i] = a[at.x] / b[at.y];
#end
}
