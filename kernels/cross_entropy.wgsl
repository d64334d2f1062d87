// Cross-entropy of logits along the middle axis of [outer, n, inner], and its gradients; one invocation a row (o, i).
//
//   l_k = x_k - m - log sum_j exp(x_j - m), the logarithm of the softmax, m = the row's maximum
//
//   CLASSES 0: t [outer, n, inner] are probabilities (or any weights) of the classes
//     WRT 0: y[row] = -sum_k t_k l_k
//     WRT 1: y_k = gy factor (exp(l_k) sum_j t_j - t_k)
//     WRT 2: y_k = -gy factor l_k
//   CLASSES 1: t [outer, inner] is each row's class, a whole number; -100 leaves the row out, as in PyTorch, all else is NaN
//     WRT 0: y[row] = -l_t
//     WRT 1: y_k = gy factor (exp(l_k) - [k = t])
//
// x f32, gy [1] f32, y [count] or as x f32; `count` = outer inner rows. FLOPs about 6, bytes moved 8 to 16 outer n inner. The
// sum over the rows is kernels/reduce.wgsl's. A row whose maximum is not finite has NaN for its loss and gradients.
#include "common.wgsl"
#include "float.wgsl"

struct Dims {
  count: u32, n: u32, inner: u32,
#if WRT > 0
  factor: f32,
#end
}
@group(0) @binding(0) var<uniform> u: Dims;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
#if WRT < 2
@group(0) @binding(3) var<storage, read> t: array<f32>;
#end
#if WRT > 0
@group(0) @binding(4) var<storage, read> gy: array<f32>;
#end

const LEFT_OUT: f32 = -100.0;

/// Whether a row can have class `c`.
fn isClass(c: f32) -> bool {
  return c >= 0.0 && c < f32(u.n) && c == floor(c) && !isNan(c);
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let row = flatIndex(wid, groups, lid);
  if (row >= u.count) { return; }
  let first = row / u.inner * u.n * u.inner + row % u.inner;
  let end = first + u.n * u.inner;

  var most = x[first];
  for (var k = first; k < end; k += u.inner) { most = larger(most, x[k]); }
  var sum = 0.0;
  for (var k = first; k < end; k += u.inner) { sum += exp(x[k] - most); }
  let logSum = select(notANumber(), log(sum), isFinite(most));

#if CLASSES
  let classOfRow = t[row];
  let known = isClass(classOfRow);
  let targetAt = first + u32(select(0.0, classOfRow, known)) * u.inner;
#if WRT == 0
  let loss = select(notANumber(), logSum - (x[targetAt] - most), known);
  y[row] = select(loss, 0.0, classOfRow == LEFT_OUT);
#else
  let scale = select(select(notANumber(), gy[0] * u.factor, known), 0.0, classOfRow == LEFT_OUT);
  for (var k = first; k < end; k += u.inner) {
    y[k] = scale * (exponential(x[k] - most - logSum) - select(0.0, 1.0, k == targetAt));
  }
#end
#else
#if WRT == 0
  var loss = 0.0;
  for (var k = first; k < end; k += u.inner) { loss -= t[k] * (x[k] - most - logSum); }
  y[row] = loss;
#end
#if WRT == 1
  var weight = 0.0;
  for (var k = first; k < end; k += u.inner) { weight += t[k]; }
  for (var k = first; k < end; k += u.inner) {
    y[k] = gy[0] * u.factor * (exponential(x[k] - most - logSum) * weight - t[k]);
  }
#end
#if WRT == 2
  for (var k = first; k < end; k += u.inner) { y[k] = gy[0] * u.factor * (logSum - (x[k] - most)); }
#end
#end
}
