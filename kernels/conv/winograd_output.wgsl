// Winograd's convolution, last step: the results of every tile (see winograd_input).
//
//   y[n, o, TILE ty + i, TILE tx + j] = act( (A^T m A)[i, j] + b[o] ),   tile t = (n, ty, tx)
//
//   m    [(TILE + 2)^2, channels, pitch] f32: the products of a share of the tiles
//   bias [channels] f32 (the weights themselves, unread, where there is none)
//   y    [n, channels, yPlane] real: rows yPitch apart, the first value at yStart, zeros written around (see conv_slide); what a
//        tile has past the image's edges is not stored
//   z    laid out as y (else x, unread): the input of the convolution, where a ReLU made it. Its gradient, which is y,
//        counts only where z is positive (`gate`)
//
// One invocation computes a tile of some channels. Bytes 4 n channels yh yw (1 + ((TILE + 2) / TILE)^2).
#include "real.wgsl"
#include "common.wgsl"

alias element = f32;
#include "winograd_points.wgsl"

struct Dims {
  channels: u32,
  first: u32, // tile of the batch that is the share's first
  tiles: u32, // in the share
  pitch: u32, // tiles from one channel of m to the next
  tilesX: u32,
  tilesY: u32,
  yh: u32,
  yw: u32,
  yPlane: u32, // in values, as are the next two
  yPitch: u32,
  yStart: u32,
  hasBias: u32,
  relu: u32, // 1: y = y where y > 0, else 0; NaN stays NaN
  gate: u32, // 1: y = 0 where z <= 0
}
@group(0) @binding(0) var<uniform> u: Dims;
@group(0) @binding(1) var<storage, read> m: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<real>;
@group(0) @binding(4) var<storage, read> z: array<real>;

#include "margin.wgsl"
#include "store.wgsl"

struct Results {
#unroll i in 0..TILE
  y{i}: f32,
#end
}

/// One column of A^T m: what the values of a product at the points say of TILE results.
fn interpolate(m: Values) -> Results {
#if TILE == 2
  return Results(m.at0 + m.at1 + m.at2, m.at1 - m.at2 + m.at3);
#else
  let evenA = m.at1 + m.at2;
  let oddA = A * (m.at1 - m.at2);
  let evenB = m.at3 + m.at4;
  let oddB = B * (m.at3 - m.at4);
  return Results(m.at0 + evenA + evenB, oddA + oddB, AA * evenA + BB * evenB, AA * oddA + BB * oddB + m.at5);
#end
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let t = flatIndex(vec3u(wid.xy, 0), groups, lid);
  if (t >= u.tiles) { return; }
  let tile = u.first + t;
  let n = tile / (u.tilesX * u.tilesY);
  let row = tile / u.tilesX % u.tilesY * {TILE};
  let tileX = tile % u.tilesX;
  let col = tileX * {TILE};
  let frequency = u.channels * u.pitch;
  let relu = u.relu == 1;
  let gate = u.gate == 1;
  for (var c = wid.z; c < u.channels; c += groups.z) {
    var source = c * u.pitch + t;
#unroll i in 0..TILE+2
    var row{i} = Values();
#unroll j in 0..TILE+2
    row{i}.at{j} = m[source];
    source += frequency;
#end
    let across{i} = interpolate(row{i});
#end
    var b = 0.0;
    if (u.hasBias == 1) { b = bias[c]; }
    let first = (n * u.channels + c) * u.yPlane;
    let to = first + u.yStart + row * u.yPitch + col;
#unroll j in 0..TILE
#if TILE == 2
    let down{j} = interpolate(Values(across0.y{j}, across1.y{j}, across2.y{j}, across3.y{j}));
#else
    let down{j} = interpolate(Values(across0.y{j}, across1.y{j}, across2.y{j}, across3.y{j}, across4.y{j}, across5.y{j}));
#end
#unroll i in 0..TILE
    let y{i}_{j} = down{j}.y{i} + b;
    if (row + {i} < u.yh && col + {j} < u.yw) { store(to + {i} * u.yPitch + {j}, y{i}_{j}, relu, gate); }
#end
#end
    if (u.yPlane > u.yh * u.yw) {
      for (var r = row; r < min(row + {TILE}, u.yh); r++) { clearMargin(first, r, tileX, u.tilesX, u.yh, u.yw); }
    }
  }
}
