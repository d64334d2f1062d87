// y = a op b, elementwise with broadcasting.
//
//   OP 0: a + b      OP 1: a - b      OP 2: a * b      OP 3: a / b
//
// a, b f32 of shapes that broadcast to y's; y [n] f32. FLOPs n, bytes moved at most 12n. Bound by memory everywhere.
// FLAT 1: a, b and y have one shape, and an invocation computes four elements; else it walks to a single one.
#include "real.wgsl"
#include "common.wgsl"

#if FLAT
struct Dims { n: u32 }
@group(0) @binding(1) var<storage, read> a: array<vec4f>;
@group(0) @binding(2) var<storage, read> b: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> y: array<vec4f>;
#else
struct Dims {
  n: u32,
  sizes_lo: vec4u, sizes_hi: vec4u,
  a_strides_lo: vec4u, a_strides_hi: vec4u,
  b_strides_lo: vec4u, b_strides_hi: vec4u,
}
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
#end
@group(0) @binding(0) var<uniform> u: Dims;

#if FLAT
#include "four.wgsl"
#else
#include "walk.wgsl"
#end

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = flat_index(wid, groups, lid);
#if FLAT
  if (4 * i >= u.n) { return; }
  let p = a[i];
  let q = b[i];
#else
  if (i >= u.n) { return; }
  let at = walk(i);
  let p = a[at.x];
  let q = b[at.y];
#end
#if OP == 0
  let v = p + q;
#end
#if OP == 1
  let v = p - q;
#end
#if OP == 2
  let v = p * q;
#end
#if OP == 3
  let v = p / q;
#end
#if FLAT
  put(i, v);
#else
  y[i] = v;
#end
}
