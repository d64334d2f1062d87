// Writes images into the middle of zeros, as the convolutions read them: every row starts at an aligned vec4.
//
//   y[n, first + c, r, q] = x[n, c, r - top, q - left] inside the image, else 0
//   MASK: also 0 where z <= 0 (x = gradient of a fused ReLU's result, z = that result)
//
// x, z [n, channels, ...] real: planes xPlane apart, rows xPitch, the first value at xStart (images that are padded already
// may get another margin); y [n, yChannels, rows, pitch] real, pitch a multiple of 4: a tensor's channels from `first` on, so
// that several dispatches join tensors. One invocation writes one vec4 of some planes; the three dimensions of the grid are
// vec4 of a row, rows and planes, because software drivers divide integers lane by lane. Longer images than a grid take several,
// each from its own `origin` on.
// Bytes moved: 4 * planes * (h * w + rows * pitch), with MASK 4 * planes * h * w more.
#include "real.wgsl"

struct Dims {
  origin: vec2u, // first vec4 of a row, first row
  planes: u32, // n * channels
  channels: u32,
  yChannels: u32,
  first: u32,
  h: u32,
  w: u32,
  xPlane: u32,
  xPitch: u32,
  xStart: u32,
  rows: u32,
  pitch: u32, // in vec4
  top: u32,
  left: u32,
}
@group(0) @binding(0) var<uniform> u: Dims;
@group(0) @binding(1) var<storage, read> x: array<real>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4<real>>;
#if MASK
@group(0) @binding(3) var<storage, read> z: array<real>;
#end

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let atY = id.xy + u.origin;
  if (atY.x >= u.pitch || atY.y >= u.rows) { return; }
  // Above the image and left of it these wrap round to huge numbers, which one comparison rejects too.
  let row = atY.y - u.top;
  let col = atY.x * 4 - u.left;
  for (var plane = id.z; plane < u.planes; plane += groups.z) {
    let at = plane * u.xPlane + u.xStart + row * u.xPitch + col;
    var v = vec4<real>();
    if (row < u.h) {
#unroll j in 0..4
      if (col + {j} < u.w) {
#if MASK
        v[{j}] = select(x[at + {j}], real(0.0), z[at + {j}] <= real(0.0));
#else
        v[{j}] = x[at + {j}];
#end
      }
#end
    }
    let yPlane = plane / u.channels * u.yChannels + u.first + plane % u.channels;
    y[(yPlane * u.rows + atY.y) * u.pitch + atY.x] = v;
  }
}
