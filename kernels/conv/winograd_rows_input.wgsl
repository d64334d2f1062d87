// Winograd's convolution along rows (7 wide, any height, stride 1, dilation 1) by F(4, 7); step 1: the input.
//
//   y[n, o, i, 4 t ... 4 t + 3] = A^T [ sum over c, ky of (G w[o, c, ky]) * (B^T x[n, c, i + ky, 4 t ... 4 t + 9]) ]
//
// for each tile t of 4 results in a row, * element by element: 10 multiplications where the sum itself has 28. For a 7x7 kernel
// tiles of 4 x 4 results would need 100 for 784, but cost far more in rounding and in transforms: along rows a row of the input
// is transformed once and serves all 7 rows of kernels that see it. The sum is a product for each of the 10 "frequencies":
//
//   winograd_rows_input     v[f, n, c, i, t] = (B^T x)[f]         for each row i of the padded input
//   winograd_rows_weights   w[f, ky, o, c]   = (G w)[f]
//   conv_pointwise          m[f, n, o, i, t] = sum over c, ky of w[f, ky, o, c] v[f, n, c, i + ky, t]
//   winograd_rows_output    y[n, o, i, j]    = act( (A^T m)[j % 4] + b[o] ),  t = j / 4
//
// The gradient by the input is the same convolution of the padded gradient of y, weights in reverse, channels swapped.
// A tile mixes its inputs: one NaN or infinity makes all its 4 results NaN.
//
//   x  [images, channels, xRows, xPitch] vec4 of real: with the zeros around, as conv_slide reads it
//   v  [10, images, channels, rows, pitch] vec4f, four tiles in each
//
// One invocation transforms four neighbouring tiles, 22 inputs. What a tile reads past the end of a row lands in results that
// are not stored. Bytes about 4 images channels h w (1 + 2.5): v is 2.5 times x.
#include "real.wgsl"
#include "common.wgsl"
#include "winograd_rows_points.wgsl"

struct Dims {
  invocations: u32, // images * channels * rows * pitch
  pitch: u32, // of four tiles in a row
  rows: u32, // of the padded input
  xFirst: u32, // where the first image begins; in vec4, as are the next two
  xPitch: u32,
  xPlane: u32,
}
@group(0) @binding(0) var<uniform> u: Dims;
@group(0) @binding(1) var<storage, read> x: array<vec4<real>>;
@group(0) @binding(2) var<storage, read_write> v: array<vec4f>;

/// (P - a)(P - b)(P - c) as a polynomial of P, with coefficients of P^0 ... P^3 standing for the inputs d0 ... d3.
fn cubic(a: f32, b: f32, c: f32, d0: vec4f, d1: vec4f, d2: vec4f, d3: vec4f) -> vec4f {
  return d3 - (a + b + c) * d2 + (a * b + a * c + b * c) * d1 - a * b * c * d0;
}

/// (P - AA)(P - BB)(P - CC)(P - DD) likewise.
fn quartic(d0: vec4f, d1: vec4f, d2: vec4f, d3: vec4f, d4: vec4f) -> vec4f {
  return cubic(BB, CC, DD, d1, d2, d3, d4) - AA * cubic(BB, CC, DD, d0, d1, d2, d3);
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let id = flatIndex(wid, groups, lid);
  if (id >= u.invocations) { return; }
  let row = id / u.pitch;
  let first = u.xFirst + row / u.rows * u.xPlane + row % u.rows * u.xPitch + id % u.pitch * 4;
#unroll j in 0..6
  let x{j} = vec4f(x[first + {j}]);
#end
  // The k-th input of each of the four tiles.
#unroll k in 0..10
  let d{k} = vec4f(x{k/4}[{k%4}], x{k/4+1}[{k%4}], x{k/4+2}[{k%4}], x{k/4+3}[{k%4}]);
#end
  // A row of B^T is the polynomial of the other points' roots: P = p^2 times (p + point) for all but 0 and infinity.
  let evenA = cubic(BB, CC, DD, d2, d4, d6, d8);
  let oddA = A * cubic(BB, CC, DD, d1, d3, d5, d7);
  let evenB = cubic(AA, CC, DD, d2, d4, d6, d8);
  let oddB = B * cubic(AA, CC, DD, d1, d3, d5, d7);
  let evenC = cubic(AA, BB, DD, d2, d4, d6, d8);
  let oddC = C * cubic(AA, BB, DD, d1, d3, d5, d7);
  let evenD = cubic(AA, BB, CC, d2, d4, d6, d8);
  let oddD = D * cubic(AA, BB, CC, d1, d3, d5, d7);
  let frequency = u.invocations;
  v[id] = quartic(d0, d2, d4, d6, d8);
  v[id + frequency] = evenA + oddA;
  v[id + 2 * frequency] = evenA - oddA;
  v[id + 3 * frequency] = evenB + oddB;
  v[id + 4 * frequency] = evenB - oddB;
  v[id + 5 * frequency] = evenC + oddC;
  v[id + 6 * frequency] = evenC - oddC;
  v[id + 7 * frequency] = evenD + oddD;
  v[id + 8 * frequency] = evenD - oddD;
  v[id + 9 * frequency] = quartic(d1, d3, d5, d7, d9);
}
