// Second pass of the weights' gradient: adds the partial sums of conv_slide_dw in a fixed order.
//
//   dw[i] = sum over s of  part[s, i]
//
// part [splits, n] f32, dw [n] f32. FLOPs splits * n; bytes 4 * n * (splits + 1).
#include "grid.wgsl"

const WG: u32 = 256u;
struct Dims { n: u32, splits: u32 }
@group(0) @binding(0) var<uniform> u: Dims;
@group(0) @binding(1) var<storage, read> part: array<f32>;
@group(0) @binding(2) var<storage, read_write> dw: array<f32>;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = flatIndex(wid, groups, lid);
  if (i >= u.n) { return; }
  var sum = 0.0;
  for (var s = 0u; s < u.splits; s++) { sum += part[s * u.n + i]; }
  dw[i] = sum;
}
