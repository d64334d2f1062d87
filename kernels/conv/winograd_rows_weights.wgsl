// Winograd's convolution along rows, step 2: the weights of each frequency (see winograd_rows_input).
//
//   packed[f, ky, c / 4, o][c % 4] = (G g)[f],   g = w[o, c, ky, 0 ... 6], zero past the last channel
//
// w [co, ci, kh, 7] f32; packed [10, kh, ceil(inner / 4), outerPad] vec4, each frequency as conv_pointwise reads its weights. outer is
// the channel of the result (forward: co, gradient by x: ci, with `flip`), inner the one summed over. One invocation a vec4 of
// every frequency; bytes 4 co ci kh (7 + 10).
#include "common.wgsl"
#include "winograd_rows_points.wgsl"

struct Dims {
  size: u32, // of one frequency, in vec4
  inner: u32,
  outer: u32,
  outerPad: u32,
  kh: u32,
  innerStride: u32, // in w, from one inner channel to the next
  outerStride: u32,
  flip: u32, // 1: the kh x 7 weights in reverse
}
@group(0) @binding(0) var<uniform> u: Dims;
@group(0) @binding(1) var<storage, read> w: array<f32>;
@group(0) @binding(2) var<storage, read_write> packed: array<vec4f>;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let id = flatIndex(wid, groups, lid);
  if (id >= u.size) { return; }
  let outer = id % u.outerPad;
  let blocks = (u.inner + 3) / 4;
  let inner = id / u.outerPad % blocks * 4;
  let ky = id / u.outerPad / blocks;
#unroll k in 0..7
  var g{k} = vec4f();
#end
  if (outer < u.outer) {
    let row = select(ky, u.kh - 1 - ky, u.flip == 1) * 7;
#unroll j in 0..4
    if (inner + {j} < u.inner) {
      let at = outer * u.outerStride + (inner + {j}) * u.innerStride + row;
#unroll k in 0..7
      g{k}[{j}] = w[at + select({k}u, {6-k}u, u.flip == 1)];
#end
    }
#end
  }
  // The polynomial g0 + g1 p + ... + g6 p^6 at the points, over the product of each point's distances to the others.
  let evenA = (g0 + AA * (g2 + AA * (g4 + AA * g6))) / (2.0 * AA * (AA - BB) * (AA - CC) * (AA - DD));
  let oddA = A * (g1 + AA * (g3 + AA * g5)) / (2.0 * AA * (AA - BB) * (AA - CC) * (AA - DD));
  let evenB = (g0 + BB * (g2 + BB * (g4 + BB * g6))) / (2.0 * BB * (BB - AA) * (BB - CC) * (BB - DD));
  let oddB = B * (g1 + BB * (g3 + BB * g5)) / (2.0 * BB * (BB - AA) * (BB - CC) * (BB - DD));
  let evenC = (g0 + CC * (g2 + CC * (g4 + CC * g6))) / (2.0 * CC * (CC - AA) * (CC - BB) * (CC - DD));
  let oddC = C * (g1 + CC * (g3 + CC * g5)) / (2.0 * CC * (CC - AA) * (CC - BB) * (CC - DD));
  let evenD = (g0 + DD * (g2 + DD * (g4 + DD * g6))) / (2.0 * DD * (DD - AA) * (DD - BB) * (DD - CC));
  let oddD = D * (g1 + DD * (g3 + DD * g5)) / (2.0 * DD * (DD - AA) * (DD - BB) * (DD - CC));
  packed[id] = g0 / (AA * BB * CC * DD);
  packed[id + u.size] = evenA + oddA;
  packed[id + 2 * u.size] = evenA - oddA;
  packed[id + 3 * u.size] = evenB + oddB;
  packed[id + 4 * u.size] = evenB - oddB;
  packed[id + 5 * u.size] = evenC + oddC;
  packed[id + 6 * u.size] = evenC - oddC;
  packed[id + 7 * u.size] = evenD + oddD;
  packed[id + 8 * u.size] = evenD - oddD;
  packed[id + 9 * u.size] = g6;
}
