// Normalisation of x [N, C, S] by statistics that several channels or images share: batch norm has one mean and variance
// a channel, group norm one for each image and group of channels. Their index for (image, channel) is
// image * groups + channel / channelsPerGroup, with groups = 0 where all images share.
//
//   STEP 0: y = (x - mean)^2                                                 for the variance
//   STEP 1: y = (x - mean) / sqrt(variance + eps) * gamma + beta             forward
//   STEP 2: y = gy (x - mean) / sqrt(variance + eps)                         for gamma's gradient
//   STEP 3: y = (gamma gy - (s1 + s2 normalised x) / m) / sqrt(variance + eps)     gradient by x, where m elements share
//           the statistics, s1 and s2 are the sums of gamma gy and of gamma gy normalised x over them
//           (Ioffe & Szegedy 2015, section 3)
//   STEP 4: y = gamma gy / sqrt(variance + eps)                              gradient by x under constant statistics
//
// x, gy, y [n] f32; mean, variance, s1, s2 [statistics] f32; gamma, beta [C] f32. weight = 1 / m.
// FLOPs 3 to 12 n, bytes moved 8n or 12n. Bound by memory.
#include "common.wgsl"

struct Dims { n: u32, channels: u32, pixels: u32, groups: u32, channelsPerGroup: u32, eps: f32, weight: f32 }
@group(0) @binding(0) var<uniform> u: Dims;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
#if STEP < 4
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read> mean: array<f32>;
#end
#if STEP > 0
@group(0) @binding(4) var<storage, read> variance: array<f32>;
#end
#if STEP == 1 || STEP >= 3
@group(0) @binding(5) var<storage, read> gamma: array<f32>;
#end
#if STEP == 1
@group(0) @binding(6) var<storage, read> beta: array<f32>;
#end
#if STEP > 1
@group(0) @binding(7) var<storage, read> gy: array<f32>;
#end
#if STEP == 3
@group(0) @binding(8) var<storage, read> s1: array<f32>;
@group(0) @binding(9) var<storage, read> s2: array<f32>;
#end

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = flatIndex(wid, groups, lid);
  if (i >= u.n) { return; }
  let channel = i / u.pixels % u.channels;
  let image = i / (u.pixels * u.channels);
  let s = image * u.groups + channel / u.channelsPerGroup;
#if STEP < 4
  let centred = x[i] - mean[s];
#end
#if STEP == 0
  y[i] = centred * centred;
#else
  let deviation = sqrt(variance[s] + u.eps);
#end
#if STEP == 1
  y[i] = centred / deviation * gamma[channel] + beta[channel];
#end
#if STEP == 2
  y[i] = gy[i] * (centred / deviation);
#end
#if STEP == 3
  y[i] = (gamma[channel] * gy[i] - (s1[s] + s2[s] * (centred / deviation)) * u.weight) / deviation;
#end
#if STEP == 4
  y[i] = gamma[channel] * gy[i] / deviation;
#end
}
