// Second pass: decides on the GPU what Adam may do, so that training never waits for the host.
//
//   norm   = sqrt(sum of all squares) / scale        clip = min(1, maxNorm / (norm + 1e-6))  (PyTorch's clip_grad_norm_)
//   factor = clip / scale, what Adam multiplies gradients by
//   ok     = ok before, and the loss finite, and every gradient finite
//   update = ok, and every gradient finite
//
// partials [count] vec2f from gradient_partials.wgsl, loss [1] f32, control [6] f32: ok, update, factor, norm, and the loss
// and the scale as they were. `ok` stays 0 once it is 0, until the host resets it: steps already queued behind a bad one
// change no weight. maxNorm 0: no clipping.
//
// SCALED 0: scale = 1. SCALED 1: the gradients are those of scale times the loss (Micikevicius et al., Mixed Precision Training,
// ICLR 2018), and not finite ones mean, as long as scale > 1, that scale was too large: this step is left out, `ok` stays,
// and scale halves. After growAfter steps in a row that went well it doubles, to at most 2^24.
//   scaling [4] f32: scale, steps since it changed, 1 - beta1^t, 1 - beta2^t with t the updates made. The last two are kept
//           as c = beta c + (1 - beta), which loses nothing where beta^t is near 1.
//   hyper   [8] f32, Adam's: comes with the bare learning rate in [0] and 1 in [1]; both get their bias correction here.
#include "float.wgsl"

struct Dims {
  count: u32,
  maxNorm: f32,
#if SCALED
  growAfter: f32,
#end
}
@group(0) @binding(0) var<uniform> u: Dims;
@group(0) @binding(1) var<storage, read> partials: array<vec2f>;
@group(0) @binding(2) var<storage, read> loss: array<f32>;
@group(0) @binding(3) var<storage, read_write> control: array<f32>;
#if SCALED
@group(0) @binding(4) var<storage, read_write> scaling: array<f32>;
@group(0) @binding(5) var<storage, read_write> hyper: array<f32>;
#end

@compute @workgroup_size(1)
fn main() {
  var sum = 0.0;
  var bad = 0.0;
  for (var i = 0u; i < u.count; i++) {
    sum += partials[i].x;
    bad = max(bad, partials[i].y);
  }
#if SCALED
  let scale = scaling[0];
#else
  let scale = 1.0;
#end
  let norm = sqrt(sum) / scale;
  let ok = control[0] != 0.0 && isFinite(loss[0]) && (bad == 0.0 || scale > 1.0);
  let update = ok && bad == 0.0;
  control[0] = select(0.0, 1.0, ok);
  control[1] = select(0.0, 1.0, update);
  control[2] = select(1.0, min(1.0, u.maxNorm / (norm + 1e-6)), u.maxNorm > 0.0) / scale;
  control[3] = norm;
  control[4] = loss[0];
  control[5] = scale;
#if SCALED
  if (update) {
    let full = scaling[1] + 1.0 >= u.growAfter;
    scaling[0] = select(scale, min(2.0 * scale, 16777216.0), full);
    scaling[1] = select(scaling[1] + 1.0, 0.0, full);
    scaling[2] = hyper[2] * scaling[2] + hyper[3];
    scaling[3] = hyper[4] * scaling[3] + hyper[5];
    hyper[0] /= scaling[2];
    hyper[1] = sqrt(scaling[3]);
  } else if (ok) {
    scaling[0] = max(0.5 * scale, 1.0);
    scaling[1] = 0.0;
  }
#end
}
