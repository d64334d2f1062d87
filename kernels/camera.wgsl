// What a camera makes of an image of light: a blur, sensor noise, and the colours as they are displayed.
//
//   light   [B, 3, S, S]  linear light, 0 to 1
//   cameras [B]           blur (standard deviation in pixels), noise (read, shot), seed
//   images  [B, 3, S, S]  PASS 0: light blurred along x
//                         PASS 1: light blurred along y, noisy, as (rgb - mean) / std with rgb from 0 to 1 as displayed
//
// The blur is a Gaussian over |d| <= ceil(2.5 blur), exp(-d^2 / 2 blur^2) made to sum to 1; past the border the last pixel
// goes on. Noise adds (read + shot sqrt(light)) n, where n is about normal: the sum of a hash's four bytes, an integer, and
// so the same on every adapter. Displayed is sqrt(light), as in kernels/hand.wgsl.
//
// FLOPs: about 10 for a pixel and each of 2 ceil(2.5 blur) + 1 taps. Bytes: 12 read a tap, 12 written. One variant for all
// hardware: little is blurred by more than 2 pixels, so that two passes cost less than drawing the hand.
#include "common.wgsl"
#include "hash.wgsl"

struct Camera { blur: f32, read: f32, shot: f32, seed: u32 }
struct Dims { mean: vec4f, inverseStd: vec4f, size: u32, n: u32 }

@group(0) @binding(0) var<uniform> u: Dims;
@group(0) @binding(1) var<storage, read> light: array<f32>;
@group(0) @binding(2) var<storage, read> cameras: array<Camera>;
@group(0) @binding(3) var<storage, read_write> images: array<f32>;

#include "pixel.wgsl"

/// Mean 0, standard deviation 1: four bytes' sum has mean 510 and variance (256^2 - 1) / 3.
fn normal(key: u32) -> f32 {
  let h = hash32(key);
  let sum = (h & 255u) + ((h >> 8u) & 255u) + ((h >> 16u) & 255u) + (h >> 24u);
  return (f32(sum) - 510.0) / 147.8;
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = flatIndex(wid, groups, lid);
  if (i >= u.n) { return; }
  let plane = u.size * u.size;
  let image = i / plane;
  let pixel = i % plane;
  let x = i32(pixel % u.size);
  let y = i32(pixel / u.size);
  let camera = cameras[image];
  let first = image * 3u * plane;

  let last = i32(u.size) - 1;
  let reach = i32(ceil(2.5 * camera.blur));
  let fall = select(-0.5 / (camera.blur * camera.blur), 0.0, reach == 0);
  var sum = vec3f(0.0);
  var weights = 0.0;
  for (var d = -reach; d <= reach; d++) {
    let w = exp(fall * f32(d * d));
#if PASS == 0
    let at = first + u32(y) * u.size + u32(clamp(x + d, 0, last));
#else
    let at = first + u32(clamp(y + d, 0, last)) * u.size + u32(x);
#end
    sum += w * vec3f(light[at], light[at + plane], light[at + 2u * plane]);
    weights += w;
  }
  var value = sum / weights;
#if PASS == 1
  let key = hash32(camera.seed + pixel);
  let noise = vec3f(normal(key), normal(key ^ 0x9e3779b9u), normal(key ^ 0x7f4a7c15u));
  value += (camera.read + camera.shot * sqrt(value)) * noise;
  value = (sqrt(clamp(value, vec3f(0.0), vec3f(1.0))) - u.mean.xyz) * u.inverseStd.xyz;
#end
  putPixel(first + pixel, plane, value);
}
