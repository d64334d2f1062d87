// Convolution (stride 1, dilation 1) by a sliding register window; also its gradient by the input.
//
//   y[n, o, i, j] = act( b[o] + sum over c, ky, kx of  w[o, c, ky, kx] * x[n, c, i + ky, j + kx] )
//
// One invocation computes CO output channels of PX neighbouring pixels of a row (or of two, ROWS), all in registers. For each input
// channel and kernel row it loads the PX + K - 1 inputs under the window once and slides the K weights over them: CO * PX * K
// multiply-adds for about (PX + K) / 4 vec4 loads of x and CO * K4 of w. The gradient by x is the same sum over the
// zero-padded gradient of y, with the weights turned by 180 degrees and input and output channels swapped (conv_pack).
//
//   x  [n, ci, rows, pitch] real: input with its zero padding written out by conv_pad; pitch (values in a row) is a
//      multiple of 4 and long enough for the last window, so that rows are read as aligned vec4
//   w  [ci, kh, coPad, K4] vec4: weights by conv_pack, kernel rows filled up with zeros to K4 vec4, output channels to
//      coPad; then [coPad] bias values
//   y  [n, co, yPlane] real: rows yPitch apart, the first value at yStart. Where there is room around the image (for the next
//      convolution to read in place), zeros are written there
//   z  laid out as y (in the forward pass w itself, unread): the input of the convolution, where a ReLU made it. Its gradient,
//      which is y, counts only where z is positive (`gate`), so that nobody need mask it again
//
// Parameters: K kernel width, K4 = ceil(K / 4), CO (a multiple of 4), PX (a multiple of 4), ROWS (1 or 2 neighbouring rows of an
// invocation), and
//   LANES 4, 8: each of LANES neighbouring lanes loads one channel's weights, and subgroupBroadcast hands them round. Right for every
//     subgroup of at least LANES lanes, since a whole workgroup shares its channels and never branches before the
//     store. A load is what costs most on software drivers: 2 to 4 times faster there than
//   LANES 0: every lane loads every weight; on a real GPU these uniform loads come from cache and no subgroups are needed.
//   ROWS 2: weights are loaded once for two rows, and of the inputs' rows all but one are still there from the kernel row before.
//     K products are one expression, since SwiftShader keeps its variables in memory: a sum is read and written once for
//     all of them, not for each. (The sums are the same bits.) There 1.3 to 1.4 times as fast with kernels 7 wide, no
//     faster with 3; compilers that keep variables in registers gain nothing.
//
// FLOPs 2 * n * co * oh * ow * ci * kh * K. Bytes: w once a workgroup, x (1 + (K - 1) / PX) * kh times a channel tile.
#if LANES
enable subgroups;
#end
#include "real.wgsl"
#include "grid.wgsl"

struct Dims {
  ci: u32,
  co: u32,
  coPad: u32,
  kh: u32,
  oh: u32,
  ow: u32,
  tiles: u32, // of PX pixels in a row
  invocations: u32, // n * ceil(oh / ROWS) * tiles
  xPitch: u32, // in vec4
  xPlane: u32, // in vec4
  yPlane: u32, // in floats, as are the next two
  yPitch: u32,
  yStart: u32,
  relu: u32, // 1: y = y where y > 0, else 0; NaN stays NaN
  gate: u32, // 1: y = 0 where z <= 0
  tileCo: u32, // CO
}
@group(0) @binding(0) var<uniform> u: Dims;
@group(0) @binding(1) var<storage, read> x: array<vec4<real>>;
@group(0) @binding(2) var<storage, read> w: array<vec4<real>>;
@group(0) @binding(3) var<storage, read_write> y: array<real>;
@group(0) @binding(4) var<storage, read> z: array<real>;

#include "margin.wgsl"
#include "store.wgsl"

override WG: u32 = 64;

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) wid: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lid: u32,
#if LANES
  @builtin(subgroup_invocation_id) lane: u32,
#end
) {
  let id = flatIndex(wid, groups, lid);
  // Lanes past the end repeat the last one's work and store nothing: every lane must stay for the broadcasts.
  let t = min(id, u.invocations - 1);
  let tile = t % u.tiles;
  let rowTiles = (u.oh + {ROWS-1}) / {ROWS};
  let row = t / u.tiles % rowTiles * {ROWS};
  let n = t / (u.tiles * rowTiles);
  let o0 = wid.z * {CO};

  let biasAt = u.ci * u.kh * u.coPad * {K4} + o0 / 4;
#unroll o in 0..CO
  let bias{o} = f32(w[biasAt + {o/4}][{o%4}]);
#unroll r in 0..ROWS
#unroll p in 0..PX
  var acc{o}_{r}_{p} = bias{o};
#end
#end
#end

#if LANES
  var wAt = (o0 + lane % {LANES}) * {K4};
#else
  var wAt = o0 * {K4};
#end
  let wStep = u.coPad * {K4};
  var xAt = n * u.ci * u.xPlane + row * u.xPitch + tile * {PX/4};
  for (var c = 0u; c < u.ci; c++) {
    var rowAt = xAt;
    // The rows that the next kernel row sees again; each step reads one more.
#unroll r in 0..ROWS-1
#unroll j in 0..(PX+K+2)/4
    var xv{r}_{j} = vec4<f32>(x[rowAt + {j}]);
#end
    rowAt += u.xPitch;
#end
    for (var ky = 0u; ky < u.kh; ky++) {
#unroll j in 0..(PX+K+2)/4
      let xv{ROWS-1}_{j} = vec4<f32>(x[rowAt + {j}]);
#end
#unroll r in 0..ROWS
#unroll j in 0..PX+K-1
      let x{r}_{j} = xv{r}_{j/4}[{j%4}];
#end
#end
#if LANES
#unroll h in 0..CO/LANES
#unroll j in 0..K4
      let w{h}_{j} = vec4<f32>(w[wAt + {h*LANES*K4+j}]);
#end
#end
#else
#unroll o in 0..CO
#unroll j in 0..K4
      let w{o}_{j} = vec4<f32>(w[wAt + {o*K4+j}]);
#end
#end
#end
#unroll o in 0..CO
#unroll k in 0..K
#if LANES
      let w{o}at{k} = subgroupBroadcast(w{o/LANES}_{k/4}[{k%4}], {o%LANES});
#else
      let w{o}at{k} = w{o}_{k/4}[{k%4}];
#end
#if ROWS == 1
#unroll p in 0..PX
      acc{o}_0_{p} = fma(w{o}at{k}, x0_{p+k}, acc{o}_0_{p});
#end
#end
#end
#if ROWS > 1
#unroll r in 0..ROWS
#unroll p in 0..PX
      acc{o}_{r}_{p} =
#unroll k in 1..K+1
        fma(w{o}at{K-k}, x{r}_{p+K-k},
#end
        acc{o}_{r}_{p}
#unroll k in 0..K
        )
#end
      ;
#end
#end
#end
#end
#unroll r in 0..ROWS-1
#unroll j in 0..(PX+K+2)/4
      xv{r}_{j} = xv{r+1}_{j};
#end
#end
      rowAt += u.xPitch;
      wAt += wStep;
    }
    xAt += u.xPlane;
  }

  if (id >= u.invocations) { return; }
  // From here on channels are a loop, not unrolled text: as text, the stores took four fifths of the time to compile. (A
  // compiler that knew CO would unroll it again: hence tileCo.)
  var sums: array<vec4<f32>, {CO*ROWS*PX/4}>;
#unroll o in 0..CO
#unroll r in 0..ROWS
#unroll j in 0..PX/4
  sums[{o*ROWS*PX/4+r*PX/4+j}] = vec4<f32>(acc{o}_{r}_{4*j}, acc{o}_{r}_{4*j+1}, acc{o}_{r}_{4*j+2}, acc{o}_{r}_{4*j+3});
#end
#end
#end
  let channels = min(u.tileCo, u.co - o0);
  let relu = u.relu == 1;
  let gate = u.gate == 1;
  let col = tile * {PX};
  let first = (n * u.co + o0) * u.yPlane;
  for (var o = 0u; o < channels; o++) {
#unroll r in 0..ROWS
    if (row + {r} < u.oh) {
      let at = first + o * u.yPlane + u.yStart + (row + {r}) * u.yPitch + col;
#unroll j in 0..PX/4
      let sum{j} = sums[o * {ROWS*PX/4} + {r*PX/4+j}];
#end
#unroll p in 0..PX
      if (col + {p} < u.ow) { store(at + {p}, sum{p/4}[{p%4}], relu, gate); }
#end
    }
#end
  }

  if (u.yPlane > u.oh * u.ow) {
    for (var o = 0u; o < channels; o++) {
#unroll r in 0..ROWS
      if (row + {r} < u.oh) { clearMargin(first + o * u.yPlane, row + {r}, tile, u.tiles, u.oh, u.ow); }
#end
    }
  }
}
