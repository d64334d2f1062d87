// Probe: how fast workgroup memory is read.
//
//   tile[l] = l; then y[i] = sum over k < loads of tile[(l + k) % 256], l the invocation's place in its workgroup
//
//   y  [invocations] f32: keeps the compiler from dropping the work
//
// FLOPs: one add a component. Bytes: 16 * loads an invocation, all from workgroup memory.
struct Dims {
  loads: u32, // a multiple of 8
}
@group(0) @binding(0) var<uniform> u: Dims;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;

const WG = 64u;
var<workgroup> tile: array<vec4<f32>, 256>;

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(local_invocation_index) lid: u32) {
  for (var i = lid; i < 256u; i += WG) {
    tile[i] = vec4f(f32(i));
  }
  workgroupBarrier();
#unroll j in 0..8
  var sum{j} = vec4f(0.0);
#end
  var at = lid;
  for (var k = 0u; k < u.loads; k += 8u) {
#unroll j in 0..8
    sum{j} += tile[(at + {j}u) & 255u];
#end
    at += 8u;
  }
  let sum = sum0 + sum1 + sum2 + sum3 + sum4 + sum5 + sum6 + sum7;
  y[id.x] = sum.x + sum.y + sum.z + sum.w;
}
