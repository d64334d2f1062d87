// Max pooling over 2 x 2 windows side by side, and its gradient: pool.wgsl for the one case that most networks have.
//
//   GRAD 0: y[p, i, j] = the largest of x[p, 2 i .. 2 i + 1, 2 j .. 2 j + 1]; a NaN in the window wins
//   GRAD 1: y = gy of the window at its first maximum in row-major order, 0 elsewhere
//
// Forward x holds planes of images [h, w] and y of [h / 2, w / 2], real; in the gradient y is as x and gy as y was. Either may have
// `margin` zeros around it in memory (rows yPitch apart, the first value at yStart); y's are written too.
// One invocation of a grid of columns, rows and planes (software drivers divide integers lane by lane) computes one result,
// in the gradient the four that belong to one window. It may do several planes. Longer images than a grid take several, each
// from its own `origin` on. Bytes moved: forward 5, gradient 9 values
// a window. Bound by memory.
#include "real.wgsl"
#include "float.wgsl"

struct Dims {
  origin: vec2u, // first column, first row
  planes: u32,
  h: u32, // windows in a column and in a row: size of the smaller images
  w: u32,
  xPlane: u32, // in values, as are all below
  xPitch: u32,
  xStart: u32,
#if GRAD
  gyPlane: u32,
  gyPitch: u32,
  gyStart: u32,
#end
  yRows: u32,
  yPitch: u32,
  margin: u32,
}
@group(0) @binding(0) var<uniform> u: Dims;
@group(0) @binding(1) var<storage, read> x: array<real>;
@group(0) @binding(2) var<storage, read_write> y: array<real>;
#if GRAD
@group(0) @binding(3) var<storage, read> gy: array<real>;
#end

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let place = id.xy + u.origin;
#if GRAD
  // Blocks of 2 x 2 results, the first ones halfway above and left of them where the margin is odd.
  let shift = u.margin % 2;
  let row = place.y * 2 - shift;
  let col = place.x * 2 - shift;
  let i = place.y - (u.margin + shift) / 2;
  let j = place.x - (u.margin + shift) / 2;
#else
  if (place.x >= u.yPitch || place.y >= u.yRows) { return; }
  let i = place.y - u.margin;
  let j = place.x - u.margin;
#end
  // Above the images and left of them i and j wrap round to huge numbers, which one comparison rejects too.
  let inside = i < u.h && j < u.w;
  for (var plane = id.z; plane < u.planes; plane += groups.z) {
    var most = 0.0;
    var best = 4u;
    if (inside) {
      let at = plane * u.xPlane + u.xStart + 2 * i * u.xPitch + 2 * j;
      most = f32(x[at]);
      best = 0;
#unroll k in 1..4
      let v{k} = f32(x[at + {k/2} * u.xPitch + {k%2}]);
      if (v{k} > most || isNan(v{k})) {
        most = v{k};
        best = {k};
      }
#end
    }
#if GRAD
    var g = 0.0;
    if (inside) { g = f32(gy[plane * u.gyPlane + u.gyStart + i * u.gyPitch + j]); }
#unroll k in 0..4
    if (row + {k/2} < u.yRows && col + {k%2} < u.yPitch) {
      y[(plane * u.yRows + row + {k/2}) * u.yPitch + col + {k%2}] = real(select(0.0, g, best == {k}));
    }
#end
#else
    y[(plane * u.yRows + place.y) * u.yPitch + place.x] = real(most);
#end
  }
}
