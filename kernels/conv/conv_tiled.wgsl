// Convolution as an implicit matrix product through workgroup memory, for real GPUs; also its gradient by the input.
//
//   y[o, p] = act( b[o] + sum over k of  W[o, k] * X[k, p] ),   k = (c, ky, kx),   p = (n, i, j)
//   forward:          X[k, p] = x[n, c, i s - pad + ky d, j s - pad + kx d]
//   gradient by x:    the same sum over the gradient of y, taps walked backwards:  (i + pad - ky d) / s
//
// with zeros outside the image (and, in the gradient, where s does not divide). X is never written out: a tile of
// it is gathered into workgroup memory while the product of the tile before is computed.
//
//   x  real: plane (n, c) begins at (n inner + c) xPlane + xStart, its rows are xPitch apart
//   w  [inner / 8, kh, kw, 8, outerPad / 4] vec4 of real by conv_tiled_pack, zero past `inner` and `outer`
//   bias [outer] f32 (w itself, unread, where there is none)
//   y  [n, outer, yh, yw] real
//
// A workgroup of T T / 64 invocations computes T channels x T pixels, T 64 or 128, each invocation 8 x 8 of them in registers.
// One step takes 8 channels of one tap: two buffers of 8 (T + T) floats, 8 KiB for T = 64, and for T = 128 the 16 KiB (and
// 256 invocations) that WebGPU guarantees. With two buffers one barrier a step is enough, and the loads of the next step are
// under way during the 512 multiply-adds of this one.
//
// Four pixels of a vec4 in workgroup memory lie T / 4 apart, not side by side: so neighbouring lanes gather, and later
// store, neighbouring pixels (coalesced), though every access to workgroup memory is an aligned vec4 without bank conflicts.
//
// FLOPs 2 n outer yh yw inner kh kw. From global memory 4 / T bytes a FLOP: T = 64 computes 16 and T = 128 32 FLOPs a byte before
// caches help; the kh kw passes over one block of 8 channels follow each other and mostly hit them.
// From workgroup memory: 4 vec4 for 64 multiply-adds. About 120 registers an invocation: 512 invocations on a
// multiprocessor with 64 Ki registers. On software drivers workgroup memory is the slowest memory there is: use conv_slide.
#include "real.wgsl"

struct Dims {
  inner: u32, // channels summed over
  outer: u32, // channels of y
  outerPad: u32, // a multiple of T
  steps: u32, // ceil(inner / 8) kh kw
  pixels: u32, // n yh yw
  xh: i32,
  xw: i32,
  xPlane: u32, // in values, as are the next two
  xPitch: u32,
  xStart: u32,
  yh: u32,
  yw: u32,
  kh: u32,
  kw: u32,
  strideY: i32,
  strideX: i32,
  shiftY: i32, // row of x under row 0 of y and tap 0: -pad, in the gradient +pad
  shiftX: i32,
  stepY: i32, // from tap to tap: dilation, in the gradient -dilation
  stepX: i32,
  divide: u32, // 1: a gradient with a stride; a uniform branch costs nothing, a division does
  divideY: i32, // that stride
  divideX: i32,
  hasBias: u32,
  relu: u32, // 1: y = y where y > 0, else 0; NaN stays NaN
}
@group(0) @binding(0) var<uniform> u: Dims;
@group(0) @binding(1) var<storage, read> x: array<real>;
@group(0) @binding(2) var<storage, read> w: array<vec4<real>>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<real>;

// Two buffers of 8 rows each, T / 4 vec4 a row.
var<workgroup> ws: array<vec4<real>, {4*T}>;
var<workgroup> xs: array<vec4<real>, {4*T}>;

@compute @workgroup_size({T*T/64})
fn main(
  @builtin(workgroup_id) wid: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lid: u32,
) {
  let oTile = wid.z * {T};
  let pTile = (wid.y * groups.x + wid.x) * {T};

  // What this invocation loads: vec4 number `quad` of rows `row`, `row + T / 16`, ... of weights and of pixels.
  let quad = lid % {T/4};
  let row = lid / {T/4};
#unroll j in 0..4
  // Pixels past the end repeat the last one's work and store nothing.
  let p{j} = min(pTile + quad + {j*T/4}, u.pixels - 1);
  let top{j} = i32(p{j} / u.yw % u.yh) * u.strideY + u.shiftY;
  let left{j} = i32(p{j} % u.yw) * u.strideX + u.shiftX;
  let image{j} = p{j} / (u.yw * u.yh) * u.inner * u.xPlane + u.xStart;
#end

  // What it computes: vec4 number `ty` and `ty + T / 8` of channels times `tx` and `tx + T / 8` of pixels.
  let tx = lid % {T/8};
  let ty = lid / {T/8};
#unroll m in 0..8
#unroll h in 0..2
  var acc{m}_{h} = vec4<f32>();
#end
#end

  var cBlock = 0u;
  var ky = 0u;
  var kx = 0u;
#unroll s in 0..128/T
  var wv{s} = vec4<real>();
  var xv{s} = vec4<real>();
#end
  for (var t = 0u; t <= u.steps; t++) {
    if (t < u.steps) {
#unroll s in 0..128/T
      wv{s} = w[((t * 8 + row + {s*T/16}) * u.outerPad + oTile) / 4 + quad];
      xv{s} = vec4<real>();
      let c{s} = cBlock + row + {s*T/16};
#end
#unroll j in 0..4
      var row{j} = top{j} + i32(ky) * u.stepY;
      var col{j} = left{j} + i32(kx) * u.stepX;
      var inside{j} = row{j} >= 0 && col{j} >= 0;
      if (u.divide == 1) {
        inside{j} = inside{j} && row{j} % u.divideY == 0 && col{j} % u.divideX == 0;
        row{j} /= u.divideY;
        col{j} /= u.divideX;
      }
      inside{j} = inside{j} && row{j} < u.xh && col{j} < u.xw;
      let at{j} = image{j} + u32(row{j}) * u.xPitch + u32(col{j});
#unroll s in 0..128/T
      if (inside{j} && c{s} < u.inner) { xv{s}[{j}] = x[at{j} + c{s} * u.xPlane]; }
#end
#end
      kx++;
      if (kx == u.kw) { kx = 0; ky++; }
      if (ky == u.kh) { ky = 0; cBlock += 8; }
    }
    if (t > 0) {
      for (var k = 0u; k < 8; k++) {
        let at = (t - 1) % 2 * {2*T} + k * {T/4};
#unroll h in 0..2
        let wk{h} = vec4<f32>(ws[at + ty + {h*T/8}]);
        let xk{h} = vec4<f32>(xs[at + tx + {h*T/8}]);
#end
#unroll m in 0..8
#unroll h in 0..2
        acc{m}_{h} = fma(vec4<f32>(wk{m/4}[{m%4}]), xk{h}, acc{m}_{h});
#end
#end
      }
    }
    if (t < u.steps) {
#unroll s in 0..128/T
      let at{s} = t % 2 * {2*T} + (row + {s*T/16}) * {T/4} + quad;
      ws[at{s}] = wv{s};
      xs[at{s}] = xv{s};
#end
    }
    workgroupBarrier();
  }

  let plane = u.yh * u.yw;
  let relu = u.relu == 1;
#unroll m in 0..8
  let o{m} = oTile + ty * 4 + {m/4*T/2+m%4};
  var bias{m} = 0.0;
  if (u.hasBias == 1) { bias{m} = bias[min(o{m}, u.outer - 1)]; }
#end
#unroll h in 0..2
#unroll j in 0..4
  let q{h}_{j} = pTile + tx + {h*T/8+j*T/4};
  if (q{h}_{j} < u.pixels) {
    let at = q{h}_{j} / plane * u.outer * plane + q{h}_{j} % plane;
#unroll m in 0..8
    let v{m} = acc{m}_{h}[{j}] + bias{m};
    if (o{m} < u.outer) { y[at + o{m} * plane] = real(select(v{m}, 0.0, relu && v{m} <= 0.0)); }
#end
  }
#end
#end
}
