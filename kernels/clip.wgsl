// Values brought into [low, high], and the gradient.
//
//   GRAD 0: y = x, at least low, then at most high      GRAD 1: y = x where low <= z <= high, else 0   (x = gy, z = forward's x)
//
// x [n] f32, z [n] f32 (GRAD 1 only), y [n] f32; low and high may be infinite. NaN stays, and has no gradient. Bytes moved: 8n
// (forward), 12n (gradient).
#include "common.wgsl"
#include "float.wgsl"

struct Dims { n: u32, low: f32, high: f32 }
@group(0) @binding(0) var<uniform> u: Dims;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
#if GRAD == 1
@group(0) @binding(3) var<storage, read> z: array<f32>;
#end

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = flatIndex(wid, groups, lid);
  if (i >= u.n) { return; }
#if GRAD == 0
  let v = x[i];
  let raised = select(v, u.low, v < u.low);
  y[i] = select(select(raised, u.high, raised > u.high), v, isNan(v));
#else
  y[i] = select(0.0, x[i], z[i] >= u.low && z[i] <= u.high && !isNan(z[i]));
#end
}
