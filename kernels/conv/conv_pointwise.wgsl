// 1x1 convolution (stride 1, no padding): a matrix product; also its gradient by the input, and Winograd's products.
//
//   y[n, o, p] = act( b[o] + sum over ky, c of  w[ky, o, c] * x[n, c, p + ky xRow] )
//
// There is no window to slide, so nothing in registers serves a second tap, and conv_slide would spend a vec4 of weights on
// each single one. Here a vec4 holds the weights of four input channels: one invocation computes CO output channels of 4
// neighbouring pixels, and a block of four channels costs 4 vec4 of x and CO vec4 of w (CO / LANES with broadcasts) for
// 16 CO multiply-adds. The gradient by x is the same product with the weights transposed (conv_pointwise_pack).
//
//   x    [n, ci, xPlane] vec4 of real: planes filled up to whole vec4
//   w    vec4 of real, of four input channels, wOuter apart from one output channel to the next, wInner from four input channels to the
//        next four: PyTorch's own [co, ci / 4] where ci and float32 allow, else [products, kh, ceil(ci / 4), coPad] by conv_pointwise_pack
//        (1 product, kh = 1), winograd_weights or winograd_rows_weights
//   bias [co] f32 (in the gradient w itself, unread)
//   y    [n, co, yPlane] real
//   z    as y (in the forward pass w itself, unread): the input of the convolution, where a ReLU made it. Its gradient,
//        which is y, counts only where z is positive (`gate`)
//
// One dispatch may also compute many products, each with weights and images of its own: winograd_input and winograd_rows_input tell
// what for; the latter also sums over kh rows of x.
//
// CO is a multiple of 8: 16 is best on software drivers, 8 for fewer channels, 32 for many. LANES as in conv_slide. WHOLE 1: yPlane is a
// multiple of 4, and y is written (z read) a vec4 at a time; most telling where there are few input channels.
// FLOPs 2 n co ci kh yPlane. Bytes: x once for each CO channels.
#if LANES
enable subgroups;
#end
#include "real.wgsl"
#include "grid.wgsl"

struct Dims {
  ci: u32,
  co: u32,
  coPad: u32, // a multiple of CO
  kh: u32, // 1, but for winograd_rows
  wOuter: u32, // these two in vec4
  wInner: u32,
  tiles: u32, // of 4 pixels in a plane
  images: u32, // of each product
  invocations: u32, // images * tiles
  xPlane: u32, // in vec4, as is the next
  xRow: u32,
  yPlane: u32, // in values
  hasBias: u32,
  relu: u32, // 1: y = y where y > 0, else 0; NaN stays NaN
  gate: u32, // 1: y = 0 where z <= 0
  tileCo: u32, // CO
}
@group(0) @binding(0) var<uniform> u: Dims;
@group(0) @binding(1) var<storage, read> x: array<vec4<real>>;
@group(0) @binding(2) var<storage, read> w: array<vec4<real>>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
#if WHOLE
@group(0) @binding(4) var<storage, read_write> y: array<vec4<real>>;
@group(0) @binding(5) var<storage, read> z: array<vec4<real>>;
#else
@group(0) @binding(4) var<storage, read_write> y: array<real>;
@group(0) @binding(5) var<storage, read> z: array<real>;
#include "store.wgsl"
#end

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
  let channelTiles = u.coPad / {CO};
  let product = wid.z / channelTiles;
  let n = product * u.images + t / u.tiles;
  let first = wid.z % channelTiles * {CO};
#unroll o in 0..CO
  var acc{o} = vec4<f32>();
#end

  let wAt = product * u.kh * ((u.ci + 3) / 4) * u.coPad;
  // Output channels past the end repeat the last one and are not stored.
#if LANES
#unroll h in 0..CO/LANES
  var wAt{h} = wAt + min(first + {h*LANES} + lane % {LANES}, u.co - 1) * u.wOuter;
#end
#else
#unroll o in 0..CO
  var wAt{o} = wAt + min(first + {o}, u.co - 1) * u.wOuter;
#end
#end
  var xAt = n * u.ci * u.xPlane + tile;
  for (var ky = 0u; ky < u.kh; ky++) {
    for (var c = 0u; c < u.ci; c += 4) {
      // Channels past the end are zero, as are their weights: zero times an infinity would be NaN.
#unroll i in 0..4
      let x{i} = select(vec4<f32>(), vec4<f32>(x[xAt + (c + {i}) * u.xPlane]), c + {i} < u.ci);
#end
#if LANES
#unroll h in 0..CO/LANES
      let w{h} = vec4<f32>(w[wAt{h}]);
      wAt{h} += u.wInner;
#end
#else
#unroll o in 0..CO
      let w{o} = vec4<f32>(w[wAt{o}]);
      wAt{o} += u.wInner;
#end
#end
#unroll o in 0..CO
#unroll i in 0..4
#if LANES
      acc{o} = fma(vec4<f32>(subgroupBroadcast(w{o/LANES}[{i}], {o%LANES})), x{i}, acc{o});
#else
      acc{o} = fma(vec4<f32>(w{o}[{i}]), x{i}, acc{o});
#end
#end
#end
    }
    xAt += u.xRow;
  }

  if (id >= u.invocations) { return; }
  // A loop, for the sake of the time to compile: as in conv_slide.
  var sums: array<vec4<f32>, {CO}>;
#unroll o in 0..CO
  sums[{o}] = acc{o};
#end
  let channels = min(u.tileCo, u.co - first);
  let relu = u.relu == 1;
  let gate = u.gate == 1;
  for (var o = 0u; o < channels; o++) {
    var sum = sums[o];
    if (u.hasBias == 1) { sum += bias[first + o]; }
#if WHOLE
    let at = (n * u.co + first + o) * u.tiles + tile;
    if (relu) { sum = select(sum, vec4f(), sum <= vec4f()); }
    if (gate) { sum = select(sum, vec4f(), vec4f(z[at]) <= vec4f()); }
    y[at] = vec4<real>(sum);
#else
    let at = (n * u.co + first + o) * u.yPlane + tile * 4;
#unroll p in 0..4
    if (tile * 4 + {p} < u.yPlane) { store(at + {p}, sum[{p}], relu, gate); }
#end
#end
  }
}
