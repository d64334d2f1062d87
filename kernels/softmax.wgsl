// Softmax along the middle axis of [outer, n, inner], its logarithm, and their gradients; one invocation a row (o, i).
//
//   LOG 0, GRAD 0: y_k = exp(x_k - m) / sum_j exp(x_j - m), m = the row's maximum
//   LOG 1, GRAD 0: y_k = x_k - m - log sum_j exp(x_j - m)
//   LOG 0, GRAD 1: y_k = z_k (x_k - sum_j x_j z_j)      (x = gy, z = the forward's result)
//   LOG 1, GRAD 1: y_k = x_k - exp(z_k) sum_j x_j
//
// x, y, z [outer, n, inner] f32 (z in GRAD 1 only); `count` = outer inner rows. FLOPs about 4 outer n inner, bytes moved
// 20 outer n inner either way. For rows of up to some thousands; a GPU is filled only by many rows. A row whose maximum is
// not finite (NaN, an infinity, or -infinity alone) becomes NaN throughout, as IEEE 754's inf - inf has it.
#include "common.wgsl"
#include "float.wgsl"

struct Dims { count: u32, n: u32, inner: u32 }
@group(0) @binding(0) var<uniform> u: Dims;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
#if GRAD == 1
@group(0) @binding(3) var<storage, read> z: array<f32>;
#end

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let row = flatIndex(wid, groups, lid);
  if (row >= u.count) { return; }
  let first = row / u.inner * u.n * u.inner + row % u.inner;
  let end = first + u.n * u.inner;
  var sum = 0.0;
#if GRAD == 0
  var most = x[first];
  for (var k = first; k < end; k += u.inner) { most = larger(most, x[k]); }
#if LOG
  for (var k = first; k < end; k += u.inner) { sum += exp(x[k] - most); }
  let logSum = select(notANumber(), log(sum), isFinite(most));
  for (var k = first; k < end; k += u.inner) { y[k] = x[k] - most - logSum; }
#else
  for (var k = first; k < end; k += u.inner) {
    let e = exp(x[k] - most);
    y[k] = e;
    sum += e;
  }
  for (var k = first; k < end; k += u.inner) { y[k] = select(notANumber(), y[k] / sum, isFinite(most)); }
#end
#else
#if LOG
  for (var k = first; k < end; k += u.inner) { sum += x[k]; }
  for (var k = first; k < end; k += u.inner) { y[k] = x[k] - exponential(z[k]) * sum; }
#else
  for (var k = first; k < end; k += u.inner) { sum += x[k] * z[k]; }
  for (var k = first; k < end; k += u.inner) { y[k] = z[k] * (x[k] - sum); }
#end
#end
}
