// y = a b for a batch of matrices: y[s, p, m, n] = sum of a[s, m, k] b[s, k, n] over the p-th share of k, in ascending k. A short
// depth is one share; of more, kernels/reduce.wgsl adds up the sums: a chain of a million additions would err by 2e-4.
//
// a, b f32 with any row and column strides, so that a transposed operand needs no copy; where matrix s of each begins is a
// walk over the batch axes (stride 0 repeats a matrix). y [batch, shares, M, N] f32, contiguous. FLOPs 2 batch M N K; each
// invocation computes a tile of 4 x 4 in registers from 8 loads a step of k, so loads are half the multiply-adds.
// Edges are handled by reading the last row or column again and not storing the surplus. A register tile without
// workgroup memory suits the software drivers, where a load from there costs more than one from storage.
#include "common.wgsl"

struct Dims {
  count: u32, rows: u32, columns: u32, depth: u32, shares: u32, share: u32,
  aRow: u32, aColumn: u32, bRow: u32, bColumn: u32,
  sizesLo: vec4u, sizesHi: vec4u,
  aStridesLo: vec4u, aStridesHi: vec4u,
  bStridesLo: vec4u, bStridesHi: vec4u,
}
@group(0) @binding(0) var<uniform> u: Dims;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

#include "walk.wgsl"

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = flatIndex(wid, groups, lid);
  if (i >= u.count) { return; }
  let tilesAcross = (u.columns + 3u) / 4u;
  let tilesDown = (u.rows + 3u) / 4u;
  let n = i % tilesAcross * 4u;
  let m = i / tilesAcross % tilesDown * 4u;
  let matrix = i / (tilesAcross * tilesDown);
  let first = walk(matrix / u.shares);
  let begin = matrix % u.shares * u.share;
  let end = min(begin + u.share, u.depth);

#unroll r in 0..4
  var a{r} = first.x + min(m + {r}u, u.rows - 1u) * u.aRow + begin * u.aColumn;
  var b{r} = first.y + min(n + {r}u, u.columns - 1u) * u.bColumn + begin * u.bRow;
  var sum{r} = vec4f(0.0);
#end
  for (var k = begin; k < end; k++) {
    let row = vec4f(b[b0], b[b1], b[b2], b[b3]);
#unroll r in 0..4
    sum{r} = fma(vec4f(a[a{r}]), row, sum{r});
    a{r} += u.aColumn;
    b{r} += u.bRow;
#end
  }
#unroll r in 0..4
  if (m + {r}u < u.rows) {
    let at = (matrix * u.rows + m + {r}u) * u.columns + n;
#unroll c in 0..4
    if (n + {c}u < u.columns) { y[at + {c}u] = sum{r}[{c}]; }
#end
  }
#end
}
