// Reorders a convolution's weights for conv_slide: output channels neighbouring, kernel rows filled up to whole vec4.
//
//   forward:                        packed[c, ky, o] = w[o, c, ky, 0 .. kw - 1], then the biases
//   gradient by x (flip = 1):       packed[o, ky, c] = w[o, c, kh - 1 - ky, kw - 1 .. 0], then zeros
//
// w [co, ci, kh, kw] f32, bias [co] f32 (w itself, unread, where there is none).
// packed [inner, kh, outerPad, k4] vec4 of real, zero past kw and past `outer`; then [outerPad] values.
// outer is the channel of conv_slide's result (forward: co), inner the one it sums over. Bytes about 8 * co * ci * kh * kw.
//
// One invocation writes one vec4 of each kernel row; the grid is (vec4 of all outer channels) x (inner + 1: the last row
// is the biases'), folded into two dimensions where it is too long for one.
#include "real.wgsl"

struct Dims {
  inner: u32,
  outer: u32,
  outerPad: u32,
  kh: u32,
  kw: u32,
  k4: u32, // ceil(kw / 4)
  innerStride: u32, // in w, from one inner channel to the next
  outerStride: u32,
  flip: u32,
  hasBias: u32,
}
@group(0) @binding(0) var<uniform> u: Dims;
@group(0) @binding(1) var<storage, read> w: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> packed: array<vec4<real>>;

@compute @workgroup_size(32)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let inner = id.z * groups.y + id.y;
  let width = u.outerPad * u.k4;
  if (inner == u.inner) {
    if (id.x >= u.outerPad / 4) { return; }
    var b = vec4<f32>();
    if (u.hasBias == 1) {
#unroll j in 0..4
      if (id.x * 4 + {j} < u.outer) { b[{j}] = bias[id.x * 4 + {j}]; }
#end
    }
    packed[inner * u.kh * width + id.x] = vec4<real>(b);
    return;
  }
  if (id.x >= width || inner > u.inner) { return; }
  let outer = id.x / u.k4;
  let k = id.x % u.k4 * 4;
  let taps = u.kh * u.kw;
  let at = outer * u.outerStride + inner * u.innerStride;
  for (var ky = 0u; ky < u.kh; ky++) {
    let tap = ky * u.kw + k;
    var v = vec4<f32>();
    if (outer < u.outer) {
#unroll j in 0..4
      if (k + {j} < u.kw) { v[{j}] = w[at + select(tap + {j}, taps - 1 - tap - {j}, u.flip == 1)]; }
#end
    }
    packed[(inner * u.kh + ky) * width + id.x] = vec4<real>(v);
  }
}
