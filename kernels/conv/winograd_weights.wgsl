// Winograd's convolution, step 2: the weights of each frequency (see winograd_input).
//
//   packed[f, c / 4, o][c % 4] = (G g G^T)[f],   g = w[o, c], zero past the last channel
//
// w [co, ci, 3, 3] f32; packed [(TILE + 2)^2, ceil(inner / 4), outerPad] vec4, each frequency as conv_pointwise reads its weights.
// outer is the channel of the result (forward: co, gradient by x: ci, with `flip`), inner the one summed over. One invocation
// a vec4 of every frequency; bytes 4 co ci (9 + (TILE + 2)^2).
#include "common.wgsl"

alias element = vec4f;
#include "winograd_points.wgsl"

struct Dims {
  size: u32, // of one frequency, in vec4
  inner: u32,
  outer: u32,
  outerPad: u32,
  innerStride: u32, // in w, from one inner channel to the next
  outerStride: u32,
  flip: u32, // 1: the 3x3 weights in reverse
}
@group(0) @binding(0) var<uniform> u: Dims;
@group(0) @binding(1) var<storage, read> w: array<f32>;
@group(0) @binding(2) var<storage, read_write> packed: array<vec4f>;

/// One column of G g: the polynomial g0 + g1 p + g2 p^2 at the points, over the product of each point's distances to the others.
fn evaluate(g0: vec4f, g1: vec4f, g2: vec4f) -> Values {
#if TILE == 2
  let even = 0.5 * (g0 + g2);
  let odd = 0.5 * g1;
  return Values(g0, even + odd, even - odd, g2);
#else
  let evenA = (g0 + AA * g2) / (2.0 * AA * (AA - BB));
  let oddA = A * g1 / (2.0 * AA * (AA - BB));
  let evenB = (g0 + BB * g2) / (2.0 * BB * (BB - AA));
  let oddB = B * g1 / (2.0 * BB * (BB - AA));
  return Values(g0 / (AA * BB), evenA + oddA, evenA - oddA, evenB + oddB, evenB - oddB, g2);
#end
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let id = flatIndex(wid, groups, lid);
  if (id >= u.size) { return; }
  let outer = id % u.outerPad;
  let inner = id / u.outerPad * 4;
#unroll k in 0..9
  var g{k} = vec4f();
#end
  if (outer < u.outer) {
#unroll j in 0..4
    if (inner + {j} < u.inner) {
      let at = outer * u.outerStride + (inner + {j}) * u.innerStride;
#unroll k in 0..9
      g{k}[{j}] = w[at + select({k}u, {8-k}u, u.flip == 1)];
#end
    }
#end
  }
#unroll j in 0..3
  let column{j} = evaluate(g{j}, g{3+j}, g{6+j});
#end
  var at = id;
#unroll i in 0..TILE+2
  let values{i} = evaluate(column0.at{i}, column1.at{i}, column2.at{i});
#unroll j in 0..TILE+2
  packed[at] = values{i}.at{j};
  at += u.size;
#end
#end
}
