// Nearest-neighbour upsampling of [planes, H, W] to [planes, 2 H, 2 W], and its gradient.
//
//   GRAD 0: y[p, i, j] = x[p, i / 2, j / 2]      GRAD 1: y[p, i, j] = the sum of x (= gy) over the 2 x 2 block at (2 i, 2 j)
//
// x, y f32; `width` is y's. One invocation per element of y. Bytes moved: 20 H W planes either way. Bound by memory.
#include "common.wgsl"

struct Dims { n: u32, width: u32 }
@group(0) @binding(0) var<uniform> u: Dims;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = flatIndex(wid, groups, lid);
  if (i >= u.n) { return; }
  // Heights are even on the large side, so rows of all planes can be counted through.
  let row = i / u.width;
  let column = i % u.width;
#if GRAD == 0
  y[i] = x[row / 2u * (u.width / 2u) + column / 2u];
#else
  let at = row * 2u * (u.width * 2u) + column * 2u;
  let below = at + u.width * 2u;
  y[i] = x[at] + x[at + 1u] + x[below] + x[below + 1u];
#end
}
