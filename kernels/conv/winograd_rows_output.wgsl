// Winograd's convolution along rows, last step: the results of every tile (see winograd_rows_input).
//
//   y[n, o, i, 4 t + k] = act( (A^T m)[k] + b[o] )
//
//   m    [10, images, channels, yh, pitch] vec4f, four tiles in each
//   bias [channels] f32 (the weights themselves, unread, where there is none)
//   y    [n, channels, yPlane] real: rows yPitch apart, the first value at yStart, zeros written around (see conv_slide); what a
//        tile has past the end of a row is not stored
//   z    laid out as y (else x, unread): the input of the convolution, where a ReLU made it. Its gradient, which
//        is y, counts only where z is positive (`gate`)
//
// One invocation computes four neighbouring tiles, 16 results. Bytes 4 images channels yh yw (1 + 2.5).
#include "real.wgsl"
#include "common.wgsl"
#include "winograd_rows_points.wgsl"

struct Dims {
  invocations: u32, // images * channels * yh * pitch
  pitch: u32, // of four tiles in a row
  channels: u32,
  firstPlane: u32, // of y, where the first image begins
  yh: u32,
  yw: u32,
  yPlane: u32, // in values, as are the next two
  yPitch: u32,
  yStart: u32,
  hasBias: u32,
  relu: u32, // 1: y = y where y > 0, else 0; NaN stays NaN
  gate: u32, // 1: y = 0 where z <= 0
}
@group(0) @binding(0) var<uniform> u: Dims;
@group(0) @binding(1) var<storage, read> m: array<vec4f>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<real>;
@group(0) @binding(4) var<storage, read> z: array<real>;

#include "margin.wgsl"
#include "store.wgsl"

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let id = flatIndex(wid, groups, lid);
  if (id >= u.invocations) { return; }
#unroll f in 0..10
  let m{f} = m[id + {f} * u.invocations];
#end
  let evenA = m1 + m2;
  let oddA = A * (m1 - m2);
  let evenB = m3 + m4;
  let oddB = B * (m3 - m4);
  let evenC = m5 + m6;
  let oddC = C * (m5 - m6);
  let evenD = m7 + m8;
  let oddD = D * (m7 - m8);
  let tile = id % u.pitch;
  let row = id / u.pitch % u.yh;
  let plane = id / u.pitch / u.yh;
  var b = vec4f();
  if (u.hasBias == 1) { b = vec4(bias[plane % u.channels]); }
  // The k-th result of each of the four tiles.
  let y0 = b + m0 + evenA + evenB + evenC + evenD;
  let y1 = b + oddA + oddB + oddC + oddD;
  let y2 = b + AA * evenA + BB * evenB + CC * evenC + DD * evenD;
  let y3 = b + AA * oddA + BB * oddB + CC * oddC + DD * oddD + m9;
  let col = tile * 16;
  let first = (u.firstPlane + plane) * u.yPlane;
  let at = first + u.yStart + row * u.yPitch + col;
  let relu = u.relu == 1;
  let gate = u.gate == 1;
#unroll t in 0..4
#unroll k in 0..4
  if (col + {4*t+k} < u.yw) { store(at + {4*t+k}, y{k}[{t}], relu, gate); }
#end
#end
  if (u.yPlane > u.yh * u.yw) { clearMargin(first, row, tile, u.pitch, u.yh, u.yw); }
}
