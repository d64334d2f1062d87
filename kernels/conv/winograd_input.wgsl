// Winograd's convolution (3x3, stride 1, dilation 1) by F(TILE x TILE, 3x3), Lavin & Gray 2016; step 1: the input.
//
//   y = A^T [ sum over c of (G g G^T) * (B^T d B) ] A
//
// for each TILE x TILE square of results: d the (TILE + 2)^2 inputs under it, g one channel's 3x3 weights, * element by element.
// That is (TILE + 2)^2 multiplications a channel where the sum itself has 9 TILE^2: 16 for 36, or 36 for 144. Elements do not mix
// before the last step, so the sum over channels is a matrix product for each of the (TILE + 2)^2 "frequencies":
//
//   winograd_input     v[f, c, t] = (B^T d B)[f]                       t counts tiles: n tilesY tilesX
//   winograd_weights   w[f, o, c] = (G g G^T)[f]
//   conv_pointwise, or winograd_product through workgroup memory:      m[f, o, t] = sum over c of w[f, o, c] v[f, c, t]
//   winograd_output    y[n, o, i, j] = act( (A^T m A)[i % TILE, j % TILE] + b[o] )
//
// The gradient by the input is the same convolution of the gradient of y, weights turned by 180 degrees, channels swapped.
// A tile mixes its inputs: one NaN or infinity makes all its TILE x TILE results NaN.
//
//   x  real: plane (n, c) begins at (n channels + c) xPlane + xStart, its rows are xPitch apart; zeros around it are not read
//   v  [(TILE + 2)^2, channels, pitch] f32, for a share of the tiles; also where x is float16, which would lose too much here
//
// One invocation transforms a tile of some channels. Bytes 4 n channels h w (1 + ((TILE + 2) / TILE)^2): v is 4 times x, or 2.25.
#include "real.wgsl"
#include "common.wgsl"

alias element = f32;
#include "winograd_points.wgsl"

struct Dims {
  channels: u32,
  first: u32, // tile of the batch that is the share's first
  tiles: u32, // in the share
  pitch: u32, // tiles from one channel of v to the next
  tilesX: u32,
  tilesY: u32,
  xh: i32,
  xw: i32,
  xPlane: u32, // in values, as are the next two
  xPitch: u32,
  xStart: u32,
  padY: i32,
  padX: i32,
}
@group(0) @binding(0) var<uniform> u: Dims;
@group(0) @binding(1) var<storage, read> x: array<real>;
@group(0) @binding(2) var<storage, read_write> v: array<f32>;

/// One column of B^T d: the polynomial that gives each point's value when multiplied with the others' roots.
#if TILE == 2
fn transform(d0: f32, d1: f32, d2: f32, d3: f32) -> Values {
  return Values(d0 - d2, d2 + d1, d2 - d1, d3 - d1);
}
#else
fn transform(d0: f32, d1: f32, d2: f32, d3: f32, d4: f32, d5: f32) -> Values {
  let evenA = d4 - BB * d2;
  let oddA = A * (d3 - BB * d1);
  let evenB = d4 - AA * d2;
  let oddB = B * (d3 - AA * d1);
  return Values(
    AA * BB * d0 - (AA + BB) * d2 + d4,
    evenA + oddA,
    evenA - oddA,
    evenB + oddB,
    evenB - oddB,
    AA * BB * d1 - (AA + BB) * d3 + d5,
  );
}
#end

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let t = flatIndex(vec3u(wid.xy, 0), groups, lid);
  if (t >= u.tiles) { return; }
  let tile = u.first + t;
  let n = tile / (u.tilesX * u.tilesY);
  let top = i32(tile / u.tilesX % u.tilesY) * {TILE} - u.padY;
  let left = i32(tile % u.tilesX) * {TILE} - u.padX;
  // Outside the image some pixel of it is read instead, and not used.
#unroll i in 0..TILE+2
  let inY{i} = top + {i} >= 0 && top + {i} < u.xh;
  let inX{i} = left + {i} >= 0 && left + {i} < u.xw;
  let row{i} = u.xStart + select(0, u32(top + {i}), inY{i}) * u.xPitch;
  let col{i} = select(0, u32(left + {i}), inX{i});
#end
  let frequency = u.channels * u.pitch;
  for (var c = wid.z; c < u.channels; c += groups.z) {
    let plane = (n * u.channels + c) * u.xPlane;
#unroll i in 0..TILE+2
#unroll j in 0..TILE+2
    let d{i}_{j} = select(0.0, f32(x[plane + row{i} + col{j}]), inY{i} && inX{j});
#end
#end
#unroll j in 0..TILE+2
#if TILE == 2
    let column{j} = transform(d0_{j}, d1_{j}, d2_{j}, d3_{j});
#else
    let column{j} = transform(d0_{j}, d1_{j}, d2_{j}, d3_{j}, d4_{j}, d5_{j});
#end
#end
    var at = c * u.pitch + t;
#unroll i in 0..TILE+2
#if TILE == 2
    let values{i} = transform(column0.at{i}, column1.at{i}, column2.at{i}, column3.at{i});
#else
    let values{i} = transform(column0.at{i}, column1.at{i}, column2.at{i}, column3.at{i}, column4.at{i}, column5.at{i});
#end
#unroll j in 0..TILE+2
    v[at] = values{i}.at{j};
    at += frequency;
#end
#end
  }
}
