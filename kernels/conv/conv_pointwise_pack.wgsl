// Reorders a 1x1 convolution's weights for conv_pointwise: four input channels to a vec4, output channels neighbouring.
//
//   packed[c / 4, o][c % 4] = w[o, c], zero past the last channel
//
// w [co, ci] f32; packed [ceil(inner / 4), outerPad] vec4 of real. outer is the channel of conv_pointwise's result (forward: co, gradient
// by x: ci), inner the one it sums over. One invocation a vec4; bytes about 8 * co * ci.
#include "real.wgsl"
#include "common.wgsl"

struct Dims {
  size: u32, // of packed, in vec4
  inner: u32,
  outer: u32,
  outerPad: u32,
  innerStride: u32, // in w, from one inner channel to the next
  outerStride: u32,
}
@group(0) @binding(0) var<uniform> u: Dims;
@group(0) @binding(1) var<storage, read> w: array<f32>;
@group(0) @binding(2) var<storage, read_write> packed: array<vec4<real>>;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let id = flatIndex(wid, groups, lid);
  if (id >= u.size) { return; }
  let outer = id % u.outerPad;
  let inner = id / u.outerPad * 4;
  var v = vec4<f32>();
  if (outer < u.outer) {
#unroll j in 0..4
    if (inner + {j} < u.inner) { v[{j}] = w[outer * u.outerStride + (inner + {j}) * u.innerStride]; }
#end
  }
  packed[id] = vec4<real>(v);
}
