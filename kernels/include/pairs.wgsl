// Shared by kernels that compute one value of two, elementwise with broadcasting: they say what by `value(p, q)`, and their
// gradients by `byA(p, q, g)` and `byB(p, q, g)`.
//
//   WRT 0: y = value(a, b)      WRT 1: y = byA(a, b, gy)      WRT 2: y = byB(a, b, gy)
//
// a, b f32 of shapes that broadcast to y's; gy (WRT 1 and 2 only), y [n] f32. Bytes moved at most 12n, 16n for a gradient. Bound
// by memory everywhere, unless `value` is dear.
// FLAT 1: a, b and y have one shape, and an invocation computes four elements; else it walks to a single one.
#include "common.wgsl"

#if FLAT
struct Dims { n: u32 }
@group(0) @binding(1) var<storage, read> a: array<vec4f>;
@group(0) @binding(2) var<storage, read> b: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> y: array<vec4f>;
#if WRT > 0
@group(0) @binding(4) var<storage, read> gy: array<vec4f>;
#end
#include "four.wgsl"
#else
struct Dims {
  n: u32,
  sizesLo: vec4u, sizesHi: vec4u,
  aStridesLo: vec4u, aStridesHi: vec4u,
  bStridesLo: vec4u, bStridesHi: vec4u,
}
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
#if WRT > 0
@group(0) @binding(4) var<storage, read> gy: array<f32>;
#end
#include "walk.wgsl"
#end
@group(0) @binding(0) var<uniform> u: Dims;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = flatIndex(wid, groups, lid);
#if FLAT
  if (4 * i >= u.n) { return; }
  let p = a[i];
  let q = b[i];
  var v: vec4f;
#unroll j in 0..4
#if WRT == 0
  v[{j}] = value(p[{j}], q[{j}]);
#end
#if WRT == 1
  v[{j}] = byA(p[{j}], q[{j}], gy[i][{j}]);
#end
#if WRT == 2
  v[{j}] = byB(p[{j}], q[{j}], gy[i][{j}]);
#end
#end
  put(i, v);
#else
  if (i >= u.n) { return; }
  let at = walk(i);
#if WRT == 0
  y[i] = value(a[at.x], b[at.y]);
#end
#if WRT == 1
  y[i] = byA(a[at.x], b[at.y], gy[i]);
#end
#if WRT == 2
  y[i] = byB(a[at.x], b[at.y], gy[i]);
#end
#end
}
