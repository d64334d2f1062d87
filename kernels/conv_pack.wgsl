// Reorders a convolution's weights for conv_slide: output channels neighbouring, kernel rows filled up to whole vec4.
//
//   FLIP 0, forward:           packed[c, ky, o] = w[o, c, ky, 0 .. K - 1], then the biases
//   FLIP 1, gradient by x:     packed[o, ky, c] = w[o, c, kh - 1 - ky, K - 1 .. 0], then zeros
//
// w [co, ci, kh, K] f32, bias [co] f32 (w itself, unread, where there is none).
// packed [inner, kh, outerPad, K4] vec4, zero past K and past `outer`; then [outerPad] values.
// outer is the channel that conv_slide's result has (FLIP 0: co), inner the one it sums over. Bytes about 8 * co * ci * kh * K.
//
// One invocation writes one vec4 of each kernel row; the grid is (vec4 of all outer channels) x (inner + 1: the last row
// is the biases'), because software drivers divide integers lane by lane.

struct Dims {
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

@compute @workgroup_size(32)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let inner = id.y;
  let width = u.outerPad * {K4};
  if (inner == u.inner) {
    if (id.x >= u.outerPad / 4) { return; }
    var b = vec4<f32>();
    if (u.hasBias == 1) {
#unroll j in 0..4
      if (id.x * 4 + {j} < u.outer) { b[{j}] = bias[id.x * 4 + {j}]; }
#end
    }
    pack[inner * u.kh * width + id.x] = b;
    return;
  }
  if (id.x >= width) { return; }
  let outer = id.x / {K4};
  let k = id.x % {K4} * 4;
  let at = outer * u.outerStride + inner * u.innerStride;
  for (var ky = 0u; ky < u.kh; ky++) {
    var v = vec4<f32>();
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
    pack[(inner * u.kh + ky) * width + id.x] = v;
  }
}
