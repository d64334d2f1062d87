// One pass of the search for the largest (MIN 1: smallest) element along the middle axis of x [outer, n, inner]: its index k there.
//
//   FIRST 1: y[o, p, i] = the best k among p, p + parts, p + 2 parts, ...
//   FIRST 0: y[o, p, i] = the best among the candidates c[o, p, i], c[o, p + parts, i], ...
//
// Passes follow one another until parts = 1 (engine/ops/arg-extremum.ts). Of equals the first in x is the best, and NaN is
// better than any number, as PyTorch has it. x f32, c [outer, m, inner] f32 (FIRST 0 only; in FIRST 1 m = n), y [outer, parts, inner]
// f32, which counts to 2^24 exactly; `count` is y's size. Bytes moved 4 outer n inner.
#include "common.wgsl"
#include "float.wgsl"

struct Dims { count: u32, n: u32, m: u32, parts: u32, inner: u32 }
@group(0) @binding(0) var<uniform> u: Dims;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
#if FIRST == 0
@group(0) @binding(3) var<storage, read> c: array<f32>;
#end

/// How good a value is.
fn goodness(v: f32) -> u32 {
#if MIN
  return orderOf(-v);
#else
  return orderOf(v);
#end
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = flatIndex(wid, groups, lid);
  if (i >= u.count) { return; }
  let column = i % u.inner;
  let first = i / u.inner % u.parts;
  let row = i / (u.inner * u.parts);
  var best = 0u;
  var most = 0u;
  for (var j = first; j < u.m; j += u.parts) {
#if FIRST
    let k = j;
#else
    let k = u32(c[(row * u.m + j) * u.inner + column]);
#end
    let good = goodness(x[(row * u.n + k) * u.inner + column]);
    if (j == first || good > most || (good == most && k < best)) {
      most = good;
      best = k;
    }
  }
  y[i] = f32(best);
}
