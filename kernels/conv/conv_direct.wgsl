// Convolution for any stride, dilation and kernel size, one invocation a result: what conv_slide does not cover.
//
//   MODE 0, forward:        y[n, o, i, j] = act( b[o] + sum over c, ky, kx of  w[o, c, ky, kx] * x[n, c, i s - p + ky d, j s - p + kx d] )
//   MODE 1, gradient by x:  y[n, c, i, j] = sum over o, ky, kx of  w[o, c, ky, kx] * x[n, o, (i + p - ky d) / s, (j + p - kx d) / s]
//
// with the terms outside the image, and in MODE 1 those that s does not divide, left out (s, p, d per axis).
//   x [n, inner, xh, xw] real, pitched: the input, or in MODE 1 the (masked) gradient of the result
//   w [co, ci, kh, kw] f32 as PyTorch keeps it; bias [co] f32 (MODE 0; w itself, unread, where there is none)
//   y [n, outer, yh, yw] real
// FLOPs 2 * n * outer * yh * yw * inner * kh * kw; nothing is reused in registers: two loads a multiply-add.
#include "real.wgsl"
#include "common.wgsl"

struct Dims {
  invocations: u32, // n * outer * yh * yw
  inner: u32, // channels summed over
  outer: u32, // channels of y
  xh: u32,
  xw: u32,
  xPlane: u32, // in values, as are the next two: from one plane of x to the next
  xPitch: u32, // from row to row
  xStart: u32, // from a plane's start to its first value
  yh: u32,
  yw: u32,
  kh: u32,
  kw: u32,
  strideY: u32,
  strideX: u32,
  padY: u32,
  padX: u32,
  dilationY: u32,
  dilationX: u32,
  hasBias: u32,
  relu: u32,
}
@group(0) @binding(0) var<uniform> u: Dims;
@group(0) @binding(1) var<storage, read> x: array<real>;
@group(0) @binding(2) var<storage, read> w: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<real>;
#if MODE == 0
@group(0) @binding(4) var<storage, read> bias: array<f32>;
#end

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let id = flatIndex(wid, groups, lid);
  if (id >= u.invocations) { return; }
  let j = id % u.yw;
  let i = id / u.yw % u.yh;
  let o = id / (u.yw * u.yh) % u.outer;
  let n = id / (u.yw * u.yh * u.outer);
  var acc = 0.0;
#if MODE == 0
  if (u.hasBias == 1) { acc = bias[o]; }
#end
  for (var c = 0u; c < u.inner; c++) {
    let xAt = (n * u.inner + c) * u.xPlane + u.xStart;
#if MODE == 0
    let wAt = (o * u.inner + c) * u.kh * u.kw;
#else
    let wAt = (c * u.outer + o) * u.kh * u.kw;
#end
    for (var ky = 0u; ky < u.kh; ky++) {
      // Before the image's edge these wrap round to huge numbers, which the comparison rejects too.
#if MODE == 0
      let row = i * u.strideY + ky * u.dilationY - u.padY;
      if (row >= u.xh) { continue; }
#else
      let up = i + u.padY - ky * u.dilationY;
      let row = up / u.strideY;
      if (row >= u.xh || up % u.strideY != 0) { continue; }
#end
      for (var kx = 0u; kx < u.kw; kx++) {
#if MODE == 0
        let col = j * u.strideX + kx * u.dilationX - u.padX;
        if (col >= u.xw) { continue; }
#else
        let left = j + u.padX - kx * u.dilationX;
        let col = left / u.strideX;
        if (col >= u.xw || left % u.strideX != 0) { continue; }
#end
        acc = fma(w[wAt + ky * u.kw + kx], f32(x[xAt + row * u.xPitch + col]), acc);
      }
    }
  }
  y[id] = real(select(acc, 0.0, u.relu == 1 && acc <= 0.0));
}
