// Stochastic gradient descent, PyTorch's form, for one tensor.
//
//   g' = g + weightDecay * p
//   v  = momentum * v + g'                                   (MOMENTUM)
//   p -= lr * g'     or, with MOMENTUM, lr * v     or, with NESTEROV too, lr * (g' + momentum * v)
//
// p, g, v [n] f32, in memory filled up to whole vec4, of which what is past n is anything (v with MOMENTUM only). hyper [1] f32:
// lr, written by the host, never baked into a captured step. FLOPs 4n to 8n, bytes moved 12n, with MOMENTUM 20n: bound by memory.
#include "common.wgsl"

struct Dims {
  n4: u32, weightDecay: f32,
#if MOMENTUM
  momentum: f32,
#end
}
@group(0) @binding(0) var<uniform> u: Dims;
@group(0) @binding(1) var<storage, read> hyper: array<f32>;
@group(0) @binding(2) var<storage, read> g: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> p: array<vec4f>;
#if MOMENTUM
@group(0) @binding(4) var<storage, read_write> v: array<vec4f>;
#end

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = flatIndex(wid, groups, lid);
  if (i >= u.n4) { return; }
  let p0 = p[i];
  var step = g[i] + u.weightDecay * p0;
#if MOMENTUM
  let v1 = u.momentum * v[i] + step;
  v[i] = v1;
#if NESTEROV
  step += u.momentum * v1;
#else
  step = v1;
#end
#end
  p[i] = p0 - hyper[0] * step;
}
