// Convolution's gradient by the weights as an implicit matrix product through workgroup memory, for real GPUs; first of two
// passes.
//
//   dw[o, c, tap] = sum over p of  dy[o, p] * x[c, p moved by tap],   p = (n, i, j),  tap = ky kw + kx
//
// The reduction is over all pixels of all images, far longer than the result is large: split-K. It is cut into `splits` shares
// (workgroup z), each with partial sums of its own, which conv_sum adds in a fixed order: the same bits on every run.
//
//   x  [n, ci, h, w] real
//   dy real: plane (n, o) begins at (n co + o) dyPlane + dyStart, its rows are dyPitch apart (masked, where a ReLU is fused)
//   dw [splits, co, ci, kh, kw] f32
//
// A workgroup of T T / 64 invocations (T 64 or 128) computes T output x T input channels of one tap, each invocation 8 x 8 of
// them, in steps of 8 pixels with two buffers, as conv_tiled does (its header has the arithmetic). Within a tile only one tap occurs, so
// where a pixel lies and whether its window leaves the image is found once a step.
//
// Eight neighbouring lanes load 8 neighbouring pixels of a channel: one 32-byte sector. They write one column of workgroup
// memory each, all on the same banks, but that row k keeps its vec4 number q in place q xor k: then no two collide.
// Four channels of a vec4 lie T / 4 apart.
//
// FLOPs 2 n co oh ow ci kh kw; 4 / T bytes a FLOP from global memory, which the taps' workgroups share in cache.
#include "real.wgsl"

struct Dims {
  ci: u32,
  co: u32,
  ciTiles: u32, // ceil(ci / T)
  taps: u32,
  kw: u32,
  pixels: u32, // n oh ow
  share: u32, // pixels of one split
  oh: u32,
  ow: u32,
  h: i32,
  w: i32,
  dyPlane: u32, // in values, as are the next two
  dyPitch: u32,
  dyStart: u32,
  strideY: i32,
  strideX: i32,
  padY: i32,
  padX: i32,
  dilationY: i32,
  dilationX: i32,
}
@group(0) @binding(0) var<uniform> u: Dims;
@group(0) @binding(1) var<storage, read> x: array<real>;
@group(0) @binding(2) var<storage, read> dy: array<real>;
@group(0) @binding(3) var<storage, read_write> dw: array<f32>;

// Two buffers of 8 rows each, T / 4 vec4 a row.
var<workgroup> ds: array<vec4<real>, {4*T}>;
var<workgroup> xs: array<vec4<real>, {4*T}>;

@compute @workgroup_size({T*T/64})
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(local_invocation_index) lid: u32) {
  let cTile = wid.x % u.ciTiles * {T};
  let tap = wid.x / u.ciTiles;
  let oTile = wid.y * {T};
  let down = i32(tap / u.kw) * u.dilationY - u.padY;
  let right = i32(tap % u.kw) * u.dilationX - u.padX;
  let plane = u.oh * u.ow;
  let xPlane = u32(u.h * u.w);

  // What this invocation loads: pixel `lane` of every step, for vec4 number `quad`, `quad + T T / 512`, ... of the channels.
  let lane = lid % 8;
  let quad = lid / 8;
  // What it computes: vec4 number `ty` and `ty + T / 8` of output channels times `tx` and `tx + T / 8` of input channels.
  let tx = lid % {T/8};
  let ty = lid / {T/8};
#unroll m in 0..8
#unroll h in 0..2
  var acc{m}_{h} = vec4<f32>();
#end
#end

  let first = wid.z * u.share;
  let end = min(first + u.share, u.pixels);
  let steps = (end - first + 7) / 8;
#unroll s in 0..128/T
  var dv{s} = vec4<real>();
  var xv{s} = vec4<real>();
#end
  for (var t = 0u; t <= steps; t++) {
    if (t < steps) {
      let p = first + t * 8 + lane;
      let n = p / plane;
      let i = p % plane / u.ow;
      let j = p % u.ow;
      let row = i32(i) * u.strideY + down;
      let col = i32(j) * u.strideX + right;
      let inside = p < end && row >= 0 && row < u.h && col >= 0 && col < u.w;
      let dyAt = n * u.co * u.dyPlane + u.dyStart + i * u.dyPitch + j;
      let xAt = n * u.ci * xPlane + u32(row * u.w + col);
      // Channels past the end repeat the last one's work and store nothing.
#unroll s in 0..128/T
      dv{s} = vec4<real>();
      xv{s} = vec4<real>();
#unroll j in 0..4
      if (p < end) { dv{s}[{j}] = dy[dyAt + min(oTile + quad + {s*T*T/512+j*T/4}, u.co - 1) * u.dyPlane]; }
      if (inside) { xv{s}[{j}] = x[xAt + min(cTile + quad + {s*T*T/512+j*T/4}, u.ci - 1) * xPlane]; }
#end
#end
    }
    if (t > 0) {
      for (var k = 0u; k < 8; k++) {
        let at = (t - 1) % 2 * {2*T} + k * {T/4};
#unroll h in 0..2
        let dk{h} = vec4<f32>(ds[at + ((ty + {h*T/8}) ^ k)]);
        let xk{h} = vec4<f32>(xs[at + ((tx + {h*T/8}) ^ k)]);
#end
#unroll m in 0..8
#unroll h in 0..2
        acc{m}_{h} = fma(vec4<f32>(dk{m/4}[{m%4}]), xk{h}, acc{m}_{h});
#end
#end
      }
    }
    if (t < steps) {
#unroll s in 0..128/T
      let at{s} = t % 2 * {2*T} + lane * {T/4} + ((quad + {s*T*T/512}) ^ lane);
      ds[at{s}] = dv{s};
      xs[at{s}] = xv{s};
#end
    }
    workgroupBarrier();
  }

#unroll m in 0..8
  let o{m} = oTile + ty + {m/4*T/8+m%4*T/4};
  if (o{m} < u.co) {
#unroll h in 0..2
#unroll j in 0..4
    let c{h}_{j} = cTile + tx + {h*T/8+j*T/4};
    if (c{h}_{j} < u.ci) { dw[((wid.z * u.co + o{m}) * u.ci + c{h}_{j}) * u.taps + tap] = acc{m}_{h}[{j}]; }
#end
#end
  }
#end
}
