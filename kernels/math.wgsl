// Exponential, natural logarithm, square root, and their gradients by the forward's input x or result z.
//
//   FN 0: exp    gradient gy z          FN 1: log    gradient gy / x          FN 2: sqrt    gradient gy / (2 z)
//
// x [n] f32 (GRAD 1: gy), z [n] f32 (GRAD 1 only: x for the logarithm, else the result), y [n] f32. Bytes moved: 8n
// (forward), 12n (gradient). Where IEEE 754 has an answer that drivers miss (log 0, NaN), it is given explicitly.
#include "common.wgsl"
#include "float.wgsl"

struct Dims { n: u32 }
@group(0) @binding(0) var<uniform> u: Dims;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
#if GRAD == 1
@group(0) @binding(3) var<storage, read> z: array<f32>;
#end

fn value(v: f32) -> f32 {
#if FN == 0
  return exponential(v);
#end
#if FN == 1
  let not_positive = select(not_a_number(), -infinity(), v == 0.0);
  return select(not_positive, log(v), v > 0.0);
#end
#if FN == 2
  return select(not_a_number(), sqrt(v), v >= 0.0);
#end
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = flat_index(wid, groups, lid);
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
#end
}
