// Augments a batch of images in one dispatch: a small blur, an affine warp, a change of colour, a rectangle cut out.
//
//   images[b, :, p] = clamp(C_b blurred_b(q) + d_b, black, white)      q = M_b (p - centre) + o_b,  0 inside the cutout
//
// Pixel i's centre is coordinate i; centre = (S - 1) / 2. Between pixels the source is interpolated bilinearly, around
// it all is black. Images are normalised (ImageNet), and so are C and d: 0 is the mean colour.
//
//   source  [B, 3, S, S]
//   changes [B]            one `Change` an image, packed by train/data/augment/apply.ts
//   images  [B, 3, S, S]
//
// The blur works in source pixels, blurred(q) = sum over |i|, |j| <= R of w_|i| w_|j| bilinear(q + (i, j)); all taps of a
// row share the fraction of q, so a row is walked with its last texel in hand, and the rows with the last row's sum.
// FLOPs: about 8 a texel and 40; texels read a pixel: (2R + 2)^2, which is 4 without blur. Bytes: 12 read a texel (from
// cache but for the first), 12 written. One invocation a pixel: neighbours read neighbours. One variant for all hardware.
#include "common.wgsl"

struct Change {
  toX: vec4f,     // first row of M, o.x; w: R
  toY: vec4f,     // second row of M, o.y
  red: vec4f,     // a row of C and of d
  green: vec4f,
  blue: vec4f,
  cutout: vec4f,  // left, top, right, bottom in pixels: from left to before right
  blur: array<f32, 8>, // w_0 .. w_7
}

struct Dims {
  n: u32, // pixels of all images, B S S
  size: u32,
  black: vec4f,
  white: vec4f,
}

@group(0) @binding(0) var<uniform> u: Dims;
@group(0) @binding(1) var<storage, read> source: array<f32>;
@group(0) @binding(2) var<storage, read> changes: array<Change>;
@group(0) @binding(3) var<storage, read_write> images: array<f32>;

#include "pixel.wgsl"

fn texel(image: u32, x: i32, y: i32) -> vec3f {
  let size = i32(u.size);
  if (x < 0 || y < 0 || x >= size || y >= size) { return u.black.xyz; }
  let plane = u.size * u.size;
  let at = image * 3u * plane + u32(y) * u.size + u32(x);
  return vec3f(source[at], source[at + plane], source[at + 2u * plane]);
}

/// The blurred source on row y, at `fraction` after column x.
fn row(image: u32, x: i32, y: i32, fraction: f32, radius: i32) -> vec3f {
  var sum = vec3f();
  var left = texel(image, x - radius, y);
  for (var i = -radius; i <= radius; i++) {
    let right = texel(image, x + i + 1, y);
    sum += changes[image].blur[abs(i)] * mix(left, right, fraction);
    left = right;
  }
  return sum;
}

fn blurred(image: u32, q: vec2f, radius: i32) -> vec3f {
  let whole = vec2i(floor(q));
  let fraction = q - floor(q);
  var sum = vec3f();
  var above = row(image, whole.x, whole.y - radius, fraction.x, radius);
  for (var j = -radius; j <= radius; j++) {
    let below = row(image, whole.x, whole.y + j + 1, fraction.x, radius);
    sum += changes[image].blur[abs(j)] * mix(above, below, fraction.y);
    above = below;
  }
  return sum;
}

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) wid: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lid: u32,
) {
  let i = flatIndex(wid, groups, lid);
  if (i >= u.n) { return; }
  let plane = u.size * u.size;
  let image = i / plane;
  let pixel = i % plane;
  let at = vec2f(f32(pixel % u.size), f32(pixel / u.size));
  let cut = changes[image].cutout;
  var colour = vec3f();
  if (!(all(at >= cut.xy) && all(at < cut.zw))) {
    let toX = changes[image].toX;
    let toY = changes[image].toY;
    let p = at - 0.5 * f32(u.size - 1u);
    let q = vec2f(dot(toX.xy, p) + toX.z, dot(toY.xy, p) + toY.z);
    let seen = vec4f(blurred(image, q, i32(toX.w)), 1.0);
    colour = vec3f(dot(changes[image].red, seen), dot(changes[image].green, seen), dot(changes[image].blue, seen));
    colour = clamp(colour, u.black.xyz, u.white.xyz);
  }
  putPixel(image * 3u * plane + pixel, plane, colour);
}
