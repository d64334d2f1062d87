// Losses summed over all elements: first pass of the sum, and the gradients. p: prediction, t: target.
//
//   KIND 0: squared error             (p - t)^2
//   KIND 1: BCE on probabilities      -t max(log p, -100) - (1 - t) max(log(1 - p), -100)        d/dp (p - t) / max(p (1 - p), 1e-12)
//   KIND 2: BCE on logits             max(p, 0) - p t + log(1 + exp(-|p|))                       d/dp sigmoid(p) - t
//
//   WRT 0: y[i] = sum of the loss over every parts-th four neighbours from the i-th on   (kernels/reduce.wgsl goes on)
//   WRT 1: y[i] = gy factor d loss / d p      WRT 2: y[i] = gy factor d loss / d t      (four neighbours an invocation)
//
// p, t [n] f32, gy [1] f32, y [parts] or [n] f32. FLOPs 3 to 10 n, bytes moved 8n (loss), 12n (gradient). Bound by memory on a GPU,
// by log and exp in software. The clamps are PyTorch's (torch.nn.functional.binary_cross_entropy).
#include "real.wgsl"
#include "common.wgsl"
#include "float.wgsl"

@group(0) @binding(1) var<storage, read> p: array<vec4f>;
@group(0) @binding(2) var<storage, read> t: array<vec4f>;
#if WRT == 0
struct Dims { parts: u32, n: u32, factor: f32 }
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
#else
struct Dims { n: u32, factor: f32 }
@group(0) @binding(3) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(4) var<storage, read> gy: array<f32>;
#include "four.wgsl"
#end
@group(0) @binding(0) var<uniform> u: Dims;

/// max(log v, -100); NaN stays. log is not asked at 0, where software drivers answer -88, nor below the smallest normal
/// number, which some drivers flush to 0: there all of them shall answer alike. That number's own logarithm is -87.
fn clampedLog(v: f32) -> f32 {
  return select(select(log(v), -100.0, v < 1.17549435e-38), v, isNan(v));
}

/// log(1 + e) for 0 <= e <= 1, by its series where 1 + e would round e away.
fn logOnePlus(e: f32) -> f32 {
  return select(log(1.0 + e), e * (1.0 - e * (0.5 - e / 3.0)), e < 0.01);
}

fn loss(a: f32, b: f32) -> f32 {
#if KIND == 0
  return (a - b) * (a - b);
#end
#if KIND == 1
  return (b - 1.0) * clampedLog(1.0 - a) - b * clampedLog(a);
#end
#if KIND == 2
  return select(a, 0.0, a <= 0.0) - a * b + logOnePlus(exp(-abs(a)));
#end
}

fn byPrediction(a: f32, b: f32) -> f32 {
#if KIND == 0
  return 2.0 * (a - b);
#end
#if KIND == 1
  let variance = (1.0 - a) * a;
  return (a - b) / select(variance, 1e-12, variance < 1e-12);
#end
#if KIND == 2
  return sigmoid(a) - b;
#end
}

fn byTarget(a: f32, b: f32) -> f32 {
#if KIND == 0
  return 2.0 * (b - a);
#end
#if KIND == 1
  return clampedLog(1.0 - a) - clampedLog(a);
#end
#if KIND == 2
  return -a;
#end
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = flatIndex(wid, groups, lid);
#if WRT == 0
  if (i >= u.parts) { return; }
  var sum = 0.0;
  for (var q = i; 4 * q < u.n; q += u.parts) {
    let a = p[q];
    let b = t[q];
#unroll j in 0..4
    if (4 * q + {j} < u.n) { sum += loss(a[{j}], b[{j}]); }
#end
  }
  y[i] = u.factor * sum;
#else
  if (4 * i >= u.n) { return; }
  let a = p[i];
  let b = t[i];
  var slope: vec4f;
#unroll j in 0..4
#if WRT == 1
  slope[{j}] = byPrediction(a[{j}], b[{j}]);
#else
  slope[{j}] = byTarget(a[{j}], b[{j}]);
#end
#end
  put(i, gy[0] * u.factor * slope);
#end
}
