// Probe: how many multiply-adds an adapter can do, from registers alone.
//
//   acc_a = acc_a * m + c, `iterations` times for ACC independent vec4 accumulators; y[i] = their sum
//
//   y  [invocations] f32: keeps the compiler from dropping the work
//
// ACC chains run side by side, enough to hide an FMA's latency; m just below 1 keeps every value finite and normal.
// FLOPs 2 * 4 * ACC * iterations an invocation. Bytes: 4 an invocation.
struct Dims {
  iterations: u32,
  m: f32,
  c: f32,
}
@group(0) @binding(0) var<uniform> u: Dims;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;

override WG: u32 = 64;

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let m = vec4f(u.m);
  let c = vec4f(u.c);
#unroll a in 0..ACC
  var acc{a} = vec4f(f32(id.x + {a}u));
#end
  for (var i = 0u; i < u.iterations; i++) {
#unroll a in 0..ACC
    acc{a} = fma(acc{a}, m, c);
#end
  }
  var sum = vec4f(0.0);
#unroll a in 0..ACC
  sum += acc{a};
#end
  y[id.x] = sum.x + sum.y + sum.z + sum.w;
}
