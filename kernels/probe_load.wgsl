// Probe: how fast storage buffers are read, by vec4 or by scalar.
//
//   y[g * WG + l] = sum over k < loads of x[((g * loads + k) * WG + l) % span],  workgroup g, invocation l of it
//
//   x  [span] vec4 (WIDTH 4) or f32 (WIDTH 1); span a power of two
//   y  [invocations] f32: keeps the compiler from dropping the work
//
// Neighbouring invocations read neighbouring elements, and a workgroup walks through one stretch of memory. With a span far
// beyond the caches this is memory bandwidth, with a small one the rate at which loads are issued. FLOPs: one add a component.
// Bytes: 4 * WIDTH * loads an invocation.
struct Dims {
  loads: u32, // a multiple of 8
  mask: u32, // span - 1
}
@group(0) @binding(0) var<uniform> u: Dims;
#if WIDTH == 4
@group(0) @binding(1) var<storage, read> x: array<vec4<f32>>;
#else
@group(0) @binding(1) var<storage, read> x: array<f32>;
#end
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

override WG: u32 = 64;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(local_invocation_index) lid: u32) {
#unroll j in 0..8
#if WIDTH == 4
  var sum{j} = vec4f(0.0);
#else
  var sum{j} = 0.0;
#end
#end
  var at = wid.x * u.loads * WG + lid;
  for (var k = 0u; k < u.loads; k += 8u) {
#unroll j in 0..8
    sum{j} += x[at & u.mask];
    at += WG;
#end
  }
  let sum = sum0 + sum1 + sum2 + sum3 + sum4 + sum5 + sum6 + sum7;
#if WIDTH == 4
  y[wid.x * WG + lid] = sum.x + sum.y + sum.z + sum.w;
#else
  y[wid.x * WG + lid] = sum;
#end
}
