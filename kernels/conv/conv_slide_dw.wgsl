// Convolution's gradient by the weights (stride 1, dilation 1) by the same sliding window; first of two passes.
//
//   dw[o, c, ky, kx] = sum over n, i, j of  dy[n, o, i, j] * x[n, c, i + ky, j + kx]
//
// One invocation owns the kernel row (c, ky) for CO output channels: CO * K sums in registers. It walks over its share of
// the rows of dy, four pixels at a time: CO * K * 4 multiply-adds for K4 + 1 vec4 loads of x and one or two of dy a channel.
// The rows of all images are split into `splits` shares (workgroup z), each with partial sums of its own, which conv_sum
// adds in a fixed order: no atomics, and the same bits on every run.
//
//   x   [n, ci, rows, pitch] real: zero-padded by conv_pad, as conv_slide reads it
//   dy  [n, co, rows, pitch] real: gradient of y (masked, where a ReLU is fused) with zeros around it, as conv_slide reads it
//       for the gradient by x; its first value lies OFF values after an aligned vec4
//   dw  [splits, co, ci, kh, K] f32
//
// Parameters: K, CO, OFF (0 to 3), LANES (4, 8: lane-wide loads of dy and subgroupBroadcast; 0: plain loads; see conv_slide).
// FLOPs 2 * n * co * oh * ow * ci * kh * K. Lanes run over c and ky, so x is read kh times and dy (ci * kh / lanes) times.
#if LANES
enable subgroups;
#end
#include "real.wgsl"

struct Dims {
  ci: u32,
  co: u32,
  kh: u32,
  oh: u32,
  tiles: u32, // of 4 pixels in a row
  rows: u32, // n * oh
  share: u32, // rows of one split
  xPitch: u32, // these five in vec4
  xPlane: u32,
  dyPitch: u32,
  dyPlane: u32,
  dyStart: u32, // from a plane's start to the vec4 with its first value
  tileCo: u32, // CO
}
@group(0) @binding(0) var<uniform> u: Dims;
@group(0) @binding(1) var<storage, read> x: array<vec4<real>>;
@group(0) @binding(2) var<storage, read> dy: array<vec4<real>>;
@group(0) @binding(3) var<storage, read_write> dw: array<f32>;

override WG: u32 = 64;

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) wid: vec3u,
  @builtin(local_invocation_index) lid: u32,
#if LANES
  @builtin(subgroup_invocation_id) lane: u32,
#end
) {
  let id = wid.x * WG + lid;
  let kernelRows = u.ci * u.kh;
  // Lanes past the end repeat the last one's work and store nothing: every lane must stay for the broadcasts.
  let t = min(id, kernelRows - 1);
  let c = t / u.kh;
  let ky = t % u.kh;
  let o0 = wid.y * {CO};
#unroll o in 0..CO
#unroll k in 0..K
  var acc{o}_{k} = 0.0;
#end
#end

  let first = wid.z * u.share;
  let end = min(first + u.share, u.rows);
  var n = first / u.oh;
  var i = first % u.oh;
  for (var r = first; r < end; r++) {
    let xRow = (n * u.ci + c) * u.xPlane + (i + ky) * u.xPitch;
    let dyRow = u.dyStart + i * u.dyPitch;
#if LANES
#unroll h in 0..CO/LANES
    let dyRow{h} = (n * u.co + min(o0 + {h*LANES} + lane % {LANES}, u.co - 1)) * u.dyPlane + dyRow;
#end
#else
#unroll o in 0..CO
    let dyRow{o} = (n * u.co + min(o0 + {o}, u.co - 1)) * u.dyPlane + dyRow;
#end
#end
    for (var q = 0u; q < u.tiles; q++) {
#unroll j in 0..(K+6)/4
      let xv{j} = vec4<f32>(x[xRow + q + {j}]);
#end
#unroll j in 0..K+3
      let x{j} = xv{j/4}[{j%4}];
#end
#if LANES
#unroll h in 0..CO/LANES
#unroll j in 0..(OFF+7)/4
      let dy{h}_{j} = vec4<f32>(dy[dyRow{h} + q + {j}]);
#end
#end
#else
#unroll o in 0..CO
#unroll j in 0..(OFF+7)/4
      let dy{o}_{j} = vec4<f32>(dy[dyRow{o} + q + {j}]);
#end
#end
#end
#unroll o in 0..CO
#unroll p in OFF..OFF+4
#if LANES
      let dy{o}at{p} = subgroupBroadcast(dy{o/LANES}_{p/4}[{p%4}], {o%LANES});
#else
      let dy{o}at{p} = dy{o}_{p/4}[{p%4}];
#end
#unroll k in 0..K
      acc{o}_{k} = fma(dy{o}at{p}, x{p-OFF+k}, acc{o}_{k});
#end
#end
#end
    }
    let nextImage = i + 1 == u.oh;
    n += select(0u, 1u, nextImage);
    i = select(i + 1, 0u, nextImage);
  }

  if (id >= kernelRows) { return; }
  // A loop, for the sake of the time to compile: as in conv_slide.
  var sums: array<f32, {CO*K}>;
#unroll o in 0..CO
#unroll k in 0..K
  sums[{o*K+k}] = acc{o}_{k};
#end
#end
  let channels = min(u.tileCo, u.co - o0);
  for (var o = 0u; o < channels; o++) {
    let at = ((wid.z * u.co + o0 + o) * kernelRows + t) * {K};
#unroll k in 0..K
    dw[at + {k}] = sums[o * {K} + {k}];
#end
  }
}
