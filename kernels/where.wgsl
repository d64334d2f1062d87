// y = a where the condition is not 0, else b, elementwise. NaN is not 0.
//
// condition, a, b f32, each of y's size, or one element for all of them: *Step 1 or 0. y [n] f32. Bytes moved at most 16n.
#include "common.wgsl"
#include "float.wgsl"

struct Dims { n: u32, conditionStep: u32, aStep: u32, bStep: u32 }
@group(0) @binding(0) var<uniform> u: Dims;
@group(0) @binding(1) var<storage, read> condition: array<f32>;
@group(0) @binding(2) var<storage, read> a: array<f32>;
@group(0) @binding(3) var<storage, read> b: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = flatIndex(wid, groups, lid);
  if (i >= u.n) { return; }
  y[i] = select(b[i * u.bStep], a[i * u.aStep], isSet(condition[i * u.conditionStep]));
}
