// Reorders a convolution's weights for conv_slide: output channels neighbouring, kernel rows filled up to whole vec4.
//
//   FLIP 0, forward:           packed[c, ky, o] = w[o, c, ky, 0 .. K - 1], then the biases
//   FLIP 1, gradient by x:     packed[o, ky, c] = w[o, c, kh - 1 - ky, K - 1 .. 0], then zeros
//
// w [co, ci, kh, K] f32, bias [co] f32 (w itself, unread, where there is none).
// packed [inner, kh, outerPad, K4] vec4, zero past K and past `outer`; then [outerPad] values.
// outer is the channel that conv_slide's result has (FLIP 0: co), inner the one it sums over. Bytes about 8 * co * ci * kh * K.
#include "common.wgsl"

struct Dims {
  n: u32, // vec4 to write
  inner: u32,
  outer: u32,
  outerPad: u32,
  kh: u32,
  innerStride: u32, // in w, from one inner channel to the next
  outerStride: u32,
  hasBias: u32,
}
@group(0) @binding(0) var<uniform> u: Dims;
@group(0) @binding(1) var<storage, read> w: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> pack: array<vec4<f32>>;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = flat_index(wid, groups, lid);
  if (i >= u.n) { return; }
  var v = vec4<f32>();
  let taps = u.inner * u.kh * u.outerPad * {K4};
  if (i < taps) {
    let k = i % {K4} * 4;
    let outer = i / {K4} % u.outerPad;
    let ky = i / ({K4} * u.outerPad) % u.kh;
    let inner = i / ({K4} * u.outerPad * u.kh);
    let at = outer * u.outerStride + inner * u.innerStride;
    if (outer < u.outer) {
#unroll j in 0..4
#if j < K
#if FLIP
      if (k + {j} < {K}) { v[{j}] = w[at + (u.kh - 1 - ky) * {K} + {K-1-j} - k]; }
#else
      if (k + {j} < {K}) { v[{j}] = w[at + ky * {K} + k + {j}]; }
#end
#end
#end
    }
  } else if (u.hasBias == 1) {
    let o = (i - taps) * 4;
#unroll j in 0..4
    if (o + {j} < u.outer) { v[{j}] = bias[o + {j}]; }
#end
  }
  pack[i] = v;
}
