// Second pass: decides on the GPU what Adam may do, so that training never waits for the host.
//
//   norm = sqrt(sum of all squares)      clip = min(1, max_norm / (norm + 1e-6))  (PyTorch's clip_grad_norm_)
//   ok   = ok before, and the loss finite, and every gradient finite
//
// partials [count] vec2f from gradient_partials.wgsl, loss [1] f32, control [4] f32: ok, clip, norm, and the loss as it
// was. `ok` stays 0 once it is 0, until the host resets it: steps already queued behind a bad one change no weight.
// max_norm 0: no clipping.

struct Dims { count: u32, max_norm: f32 }
@group(0) @binding(0) var<uniform> u: Dims;
@group(0) @binding(1) var<storage, read> partials: array<vec2f>;
@group(0) @binding(2) var<storage, read> loss: array<f32>;
@group(0) @binding(3) var<storage, read_write> control: array<f32>;

@compute @workgroup_size(1)
fn main() {
  var sum = 0.0;
  var bad = 0.0;
  for (var i = 0u; i < u.count; i++) {
    sum += partials[i].x;
    bad = max(bad, partials[i].y);
  }
  let norm = sqrt(sum);
  let finite = bad == 0.0 && (bitcast<u32>(loss[0]) & 0x7f800000u) != 0x7f800000u;
  control[0] = select(0.0, control[0], finite);
  control[1] = select(1.0, min(1.0, u.max_norm / (norm + 1e-6)), u.max_norm > 0.0);
  control[2] = norm;
  control[3] = loss[0];
}
