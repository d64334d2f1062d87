// Functions of one value, and their gradients by what z is: the result, or the forward's input.
//
//   FN 0: exp       gy z, z the result              FN 3: tanh      gy (1 - z^2), z the result
//   FN 1: log       gy / z, z the input             FN 4: |x|       gy sign(z), 0 at 0 and NaN, z the input
//   FN 2: sqrt      gy / (2 z), z the result        FN 5: x^2       2 gy z, z the input
//
// x [n] f32 (GRAD 1: gy), z [n] f32 (GRAD 1 only), y [n] f32. Bytes moved: 8n (forward), 12n (gradient). Where IEEE 754 has an answer that drivers miss (log 0, NaN), it is given explicitly.
#include "common.wgsl"
#include "float.wgsl"

struct Dims { n: u32 }
@group(0) @binding(0) var<uniform> u: Dims;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
#if GRAD == 1
@group(0) @binding(3) var<storage, read> z: array<f32>;
#end

#if FN == 3
/// tanh v without overflow: the exponential's argument is never positive. Near 0, where 1 - e would cancel, by its series.
fn hyperbolicTangent(v: f32) -> f32 {
  let s = v * v;
  let series = v * (1.0 - s * (1.0 / 3.0 - s * (2.0 / 15.0 - s * (17.0 / 315.0 - s * (62.0 / 2835.0)))));
  let e = exp(-2.0 * abs(v));
  let quotient = (1.0 - e) / (1.0 + e);
  let y = select(select(quotient, -quotient, v < 0.0), series, s < 0.1);
  return select(y, v, isNan(v));
}
#end

fn value(v: f32) -> f32 {
#if FN == 0
  return exponential(v);
#end
#if FN == 1
  return logarithm(v);
#end
#if FN == 2
  return select(notANumber(), sqrt(v), v >= 0.0);
#end
#if FN == 3
  return hyperbolicTangent(v);
#end
#if FN == 4
  return abs(v);
#end
#if FN == 5
  return v * v;
#end
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = flatIndex(wid, groups, lid);
  if (i >= u.n) { return; }
#if GRAD == 0
  y[i] = value(x[i]);
#else
#if FN == 0
  y[i] = x[i] * z[i];
#end
#if FN == 1
  y[i] = x[i] / z[i];
#end
#if FN == 2
  y[i] = x[i] * 0.5 / z[i];
#end
#if FN == 3
  y[i] = x[i] * (1.0 - z[i]) * (1.0 + z[i]);
#end
#if FN == 4
  y[i] = select(x[i] * sign(z[i]), 0.0, isNan(z[i]));
#end
#if FN == 5
  y[i] = 2.0 * x[i] * z[i];
#end
#end
}
