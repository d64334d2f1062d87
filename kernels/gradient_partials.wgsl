// First pass over a run of the gradient arena: per workgroup the sum of squares and whether any value is not finite.
//
// g [n] real (f16 only where a value's finiteness is asked), partials [all runs' workgroups] vec2f (sum of squares, 1 if not
// finite else 0), this run's starting at `first`. Each invocation strides through the run, then a tree in a fixed order: the
// same bits on every run. FLOPs 2n, bytes moved 4n.
#include "real.wgsl"
#include "common.wgsl"
#include "float.wgsl"

struct Dims { n: u32, first: u32 }
@group(0) @binding(0) var<uniform> u: Dims;
@group(0) @binding(1) var<storage, read> g: array<real>;
@group(0) @binding(2) var<storage, read_write> partials: array<vec2f>;

var<workgroup> tree: array<vec2f, WG>;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  var sum = 0.0;
  var bad = 0.0;
  for (var i = wid.x * WG + lid; i < u.n; i += groups.x * WG) {
    let x = f32(g[i]);
    sum += x * x;
    bad = select(bad, 1.0, !isFinite(x));
  }
  tree[lid] = vec2f(sum, bad);
  for (var half = WG / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lid < half) { tree[lid] = vec2f(tree[lid].x + tree[lid + half].x, max(tree[lid].y, tree[lid + half].y)); }
  }
  if (lid == 0u) { partials[u.first + wid.x] = tree[0]; }
}
