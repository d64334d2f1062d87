// Winograd's convolution, the matrix products through workgroup memory, for real GPUs (see winograd_input).
//
//   m[f, o, t] = sum over c of  w[f, o, c] * v[f, c, t]
//
//   w  [frequencies, ceil(inner / 4), outerPad] vec4 by winograd_weights: four c of one o to a vec4, zero past `inner`
//   v  [frequencies, inner, pitch] vec4, m [frequencies, outer, pitch] vec4: four t to a vec4
//
// A workgroup of T T / 64 invocations computes T channels x T tiles of one frequency, T 64 or 128, each invocation 8 x 8 of them
// in registers, as in conv_tiled. One step takes 8 channels c. With two buffers in workgroup memory one barrier a step is
// enough, and the loads of the next step are under way during the 512 multiply-adds of this one.
//
// What to expect (no GPU was at hand to measure on): with TILE = 4, v and m are 2.25 times x and y, written once and read once:
// with as many channels in as out that moves 36 bytes more for each value of y than conv_tiled does, and saves 13.5 FLOPs
// for each channel summed over. Where 18 FLOPs take as long as a byte, it pays from about 50 channels on.
//
// An invocation's channels o lie T / 8 apart: so the few different vec4 of weights that a subgroup reads at a time are neighbours,
// without bank conflicts. FLOPs 2 frequencies outer inner tiles. From global memory 4 / T bytes a FLOP; everything is read and
// written in whole vec4 by neighbouring lanes. On software drivers workgroup memory is the slowest there is: use conv_pointwise.

struct Dims {
  inner: u32, // channels summed over
  outer: u32, // channels of m
  outerPad: u32, // a multiple of T
  pitch: u32, // of v and m, in vec4
}
@group(0) @binding(0) var<uniform> u: Dims;
@group(0) @binding(1) var<storage, read> w: array<vec4f>;
@group(0) @binding(2) var<storage, read> v: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> m: array<vec4f>;

// Two buffers each: 2 rows of T vec4 of weights, 8 rows of T / 4 vec4 of inputs.
var<workgroup> ws: array<vec4f, {4*T}>;
var<workgroup> vs: array<vec4f, {4*T}>;

@compute @workgroup_size({T*T/64})
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(local_invocation_index) lid: u32) {
  let quadTile = wid.x * {T/4};
  let oTile = wid.y * {T};
  let wAt = wid.z * ((u.inner + 3) / 4) * u.outerPad + oTile;
  let vAt = wid.z * u.inner * u.pitch;
  let tx = lid % {T/8};
  let ty = lid / {T/8};
#unroll o in 0..8
#unroll h in 0..2
  var acc{o}_{h} = vec4f();
#end
#end

#unroll s in 0..128/T
  // What this invocation loads: vec4 number `i` of the step's weights and of its inputs.
  let i{s} = lid + {s*T*T/64};
  let quad{s} = min(quadTile + i{s} % {T/4}, u.pitch - 1); // past the end: the last one again, not stored
  var nextW{s} = vec4f();
  var nextV{s} = vec4f();
#end
  let steps = (u.inner + 7) / 8;
  for (var step = 0u; step <= steps; step++) {
    if (step < steps) {
#unroll s in 0..128/T
      let c4{s} = step * 2 + i{s} / {T};
      let c{s} = step * 8 + i{s} / {T/4};
      nextW{s} = vec4f();
      nextV{s} = vec4f();
      if (c4{s} * 4 < u.inner) { nextW{s} = w[wAt + c4{s} * u.outerPad + i{s} % {T}]; }
      if (c{s} < u.inner) { nextV{s} = v[vAt + c{s} * u.pitch + quad{s}]; }
#end
    }
    if (step > 0) {
      let buffer = (step - 1) % 2 * {2*T};
      for (var k = 0u; k < 2; k++) {
#unroll o in 0..8
        let w{o} = ws[buffer + k * {T} + ty + {o*T/8}];
#end
#unroll c in 0..4
#unroll h in 0..2
        let v{c}_{h} = vs[buffer + (k * 4 + {c}) * {T/4} + tx + {h*T/8}];
#end
#unroll o in 0..8
#unroll h in 0..2
        acc{o}_{h} = fma(vec4f(w{o}[{c}]), v{c}_{h}, acc{o}_{h});
#end
#end
#end
      }
    }
    if (step < steps) {
#unroll s in 0..128/T
      ws[step % 2 * {2*T} + i{s}] = nextW{s};
      vs[step % 2 * {2*T} + i{s}] = nextV{s};
#end
    }
    workgroupBarrier();
  }

#unroll h in 0..2
  let q{h} = quadTile + tx + {h*T/8};
  if (q{h} < u.pitch) {
#unroll o in 0..8
    let o{h}_{o} = oTile + ty + {o*T/8};
    if (o{h}_{o} < u.outer) { m[(wid.z * u.outer + o{h}_{o}) * u.pitch + q{h}] = acc{o}_{h}; }
#end
  }
#end
}
