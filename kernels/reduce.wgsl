// One pass of a sum, a maximum or a minimum along the middle axis of [outer, n, inner], into `parts` partial results:
//
//   OP 0: y[o, p, i] = factor * (x[o, p, i] + x[o, p + parts, i] + x[o, p + 2 parts, i] + ...)
//   OP 1: y[o, p, i] = the largest of these, NaN where one is
//   OP 2: y[o, p, i] = the smallest, likewise
//
// Passes follow one another until parts = 1 (engine/ops/reduction.ts): a tree of fixed shape, so the result is the same
// bits on every run, and its short chains keep the rounding error of a sum near that of a pairwise sum. No workgroup memory and
// no barriers, which software drivers pay for dearly; neighbouring invocations read neighbouring elements.
//
// x [outer, n, inner] f32, y [outer, parts, inner] f32; `count` is y's size. FLOPs outer n inner, bytes moved 4 times that.
#include "common.wgsl"
#include "float.wgsl"

struct Dims {
  count: u32, n: u32, parts: u32, inner: u32,
#if OP == 0
  factor: f32,
#end
}
@group(0) @binding(0) var<uniform> u: Dims;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = flatIndex(wid, groups, lid);
  if (i >= u.count) { return; }
  let column = i % u.inner;
  let first = i / u.inner % u.parts;
  let row = i / (u.inner * u.parts);
#if OP == 0
  var sum = 0.0;
  for (var k = first; k < u.n; k += u.parts) { sum += x[(row * u.n + k) * u.inner + column]; }
  y[i] = u.factor * sum;
#else
  var best = x[(row * u.n + first) * u.inner + column];
  for (var k = first + u.parts; k < u.n; k += u.parts) {
    let v = x[(row * u.n + k) * u.inner + column];
#if OP == 1
    best = larger(best, v);
#else
    best = -larger(-best, -v);
#end
  }
  y[i] = best;
#end
}
