// Writes an image into the middle of zeros, as the convolutions read it: every row starts at an aligned vec4.
//
//   y[p, r, q] = x[p, r - top, q - left] inside the image, else 0
//   MASK: also 0 where z <= 0 (x = gradient of a fused ReLU's result, z = that result)
//
// x, z [planes, h, w] f32; y [planes, rows, pitch] f32, pitch a multiple of 4. One invocation writes one vec4.
// Bytes moved: 4 * planes * (h * w + rows * pitch), with MASK 4 * planes * h * w more.
#include "common.wgsl"

struct Dims {
  n: u32, // vec4 to write: planes * rows * pitch
  h: u32,
  w: u32,
  rows: u32,
  pitch: u32, // in vec4
  top: u32,
  left: u32,
}
@group(0) @binding(0) var<uniform> u: Dims;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4<f32>>;
#if MASK
@group(0) @binding(3) var<storage, read> z: array<f32>;
#end

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = flat_index(wid, groups, lid);
  if (i >= u.n) { return; }
  // Above the image and left of it these wrap round to huge numbers, which one comparison rejects too.
  let row = i / u.pitch % u.rows - u.top;
  let col = i % u.pitch * 4 - u.left;
  let at = (i / (u.pitch * u.rows) * u.h + row) * u.w + col;
  var v = vec4<f32>();
  if (row < u.h) {
#unroll j in 0..4
    if (col + {j} < u.w) {
#if MASK
      v[{j}] = select(x[at + {j}], 0.0, z[at + {j}] <= 0.0);
#else
      v[{j}] = x[at + {j}];
#end
    }
#end
  }
  y[i] = v;
}
