// Convolution's gradient by the weights for any stride, dilation and kernel size: what conv_slide_dw does not cover.
//
//   dw[o, c, ky, kx] = sum over n, i, j of  dy[n, o, i, j] * x[n, c, i s - p + ky d, j s - p + kx d]
//
// x [n, ci, h, w] real; dy [n, co, oh, ow] real, pitched (masked, where a ReLU is fused); dw [co, ci, kh, kw] f32.
// One workgroup a weight: each invocation sums every WG-th pixel, then a tree in workgroup memory, in a fixed order.
// FLOPs 2 * n * co * oh * ow * ci * kh * kw; two loads a multiply-add.
#include "real.wgsl"
#include "common.wgsl"

struct Dims {
  weights: u32, // co * ci * kh * kw
  n: u32,
  ci: u32,
  co: u32,
  h: u32,
  w: u32,
  kh: u32,
  kw: u32,
  oh: u32,
  ow: u32,
  dyPlane: u32, // in values, as are the next two: from one plane of dy to the next
  dyPitch: u32, // from row to row
  dyStart: u32, // from a plane's start to its first value
  strideY: u32,
  strideX: u32,
  padY: u32,
  padX: u32,
  dilationY: u32,
  dilationX: u32,
}
@group(0) @binding(0) var<uniform> u: Dims;
@group(0) @binding(1) var<storage, read> x: array<real>;
@group(0) @binding(2) var<storage, read> dy: array<real>;
@group(0) @binding(3) var<storage, read_write> dw: array<f32>;

var<workgroup> sums: array<f32, WG>;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let id = min(flatGroup(wid, groups), u.weights - 1);
  let kx = id % u.kw;
  let ky = id / u.kw % u.kh;
  let c = id / (u.kw * u.kh) % u.ci;
  let o = id / (u.kw * u.kh * u.ci);
  var acc = 0.0;
  for (var t = lid; t < u.n * u.oh * u.ow; t += WG) {
    let j = t % u.ow;
    let i = t / u.ow % u.oh;
    let n = t / (u.ow * u.oh);
    // Before the image's edge these wrap round to huge numbers, which the comparison rejects too.
    let row = i * u.strideY + ky * u.dilationY - u.padY;
    let col = j * u.strideX + kx * u.dilationX - u.padX;
    if (row < u.h && col < u.w) {
      acc = fma(f32(dy[(n * u.co + o) * u.dyPlane + u.dyStart + i * u.dyPitch + j]), f32(x[((n * u.ci + c) * u.h + row) * u.w + col]), acc);
    }
  }
  sums[lid] = acc;
  for (var half = WG / 2; half > 0; half /= 2) {
    workgroupBarrier();
    if (lid < half) { sums[lid] += sums[lid + half]; }
  }
  if (lid == 0) { dw[id] = sums[0]; }
}
