// Reorders a convolution's weights for conv_tiled: output channels neighbouring, input channels in blocks of 8.
//
//   packed[c / 8, tap, c % 8, o] = w[o, c, tap], zero past the last channel; tap = ky kw + kx
//
// w [co, ci, taps] f32; packed [ceil(inner / 8), taps, 8, outerPad] real. outer is the channel of conv_tiled's result (forward:
// co, gradient by x: ci), inner the one it sums over. One invocation a value; bytes about 8 * co * ci * taps.
#include "real.wgsl"
#include "common.wgsl"

struct Dims {
  size: u32, // of packed
  inner: u32,
  outer: u32,
  outerPad: u32,
  taps: u32,
  innerStride: u32, // in w, from one inner channel to the next
  outerStride: u32,
}
@group(0) @binding(0) var<uniform> u: Dims;
@group(0) @binding(1) var<storage, read> w: array<f32>;
@group(0) @binding(2) var<storage, read_write> packed: array<real>;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let id = flatIndex(wid, groups, lid);
  if (id >= u.size) { return; }
  let outer = id % u.outerPad;
  let row = id / u.outerPad;
  let inner = row / (8 * u.taps) * 8 + row % 8;
  let tap = row / 8 % u.taps;
  var v = 0.0;
  if (outer < u.outer && inner < u.inner) { v = w[outer * u.outerStride + inner * u.innerStride + tap]; }
  packed[id] = real(v);
}
