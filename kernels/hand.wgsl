// Draws a batch of synthetic hands: tapered capsules by ray intersection, shaded, over a cluttered background.
//
// One invocation a pixel, SAMPLES x SAMPLES rays each, all parallel to z (weak perspective). Camera frame: x right, y down,
// z away; the crop is the unit square, pixel i's centre lies at i / size.
//
//   scenes [B]            what each image shows; packed by train/synthetic/pack.ts in the order of `Scene` below
//   masks  [B, T, T]      per tile of 8 x 8 pixels: x has bit i set where capsule i may be seen, y where it may cast a shadow
//   images [B, 3, S, S]   OUTPUT 0: (rgb - mean) / std, rgb from 0 to 1 as displayed
//                         OUTPUT 1: linear light, for kernels/camera.wgsl
//                         OUTPUT 2: coverage (0 or 1), capsule number + 1, depth; for tests
//
// A tapered capsule is the union of spheres with centre c(t) = a + t (b - a) and radius r(t), t in [0, 1]. On the line
// of sight through p, the sphere at t begins at z(t) = c.z(t) - sqrt(Q(t)), where Q(t) = r(t)^2 - |p - c.xy(t)|^2 is a
// parabola A t^2 + 2 B t + C. The surface is where z(t) is least; z'(t) = 0 gives, with s = A t + B and D = B^2 - A C,
//   s = dz sqrt(D / (dz^2 - A)),   t = (s - B) / A,
// and z(t) is convex (A < 0), so that clamping t to [0, 1] gives the ends' spheres too: one formula, no cases.
//
// FLOPs: about 60 for a ray and a capsule, 350 to shade, 150 for the background; the masks leave 3 to 8 capsules a hand
// pixel. Bytes: 12 written a pixel; a capsule's 80 are read once for all of a pixel's rays. One variant for all hardware.

#include "hash.wgsl"

const NONE: u32 = 0xffffffffu;
const FAR: f32 = 1e3;
const END_ON: f32 = 1e-6;
const SLEEVE: u32 = 6u;

struct Capsule {
  a: vec4f,     // centre and radius of one end
  b: vec4f,     // and of the other
  back: vec4f,  // unit vector out of the hand's back; w = chain + 8 (bone + 1), bone -1 where there is none
  litA: vec4f,  // the ends once more in the frame that looks along the light
  litB: vec4f,
}

struct Blob {
  place: vec4f,   // centre, cosine and sine of its angle
  extent: vec4f,  // half sides, radius of the corners, width of the soft edge
  colour: vec4f,  // rgb, opacity
}

// Colours are linear light; lengths are in crop sides.
struct Scene {
  light: vec4f,        // unit vector towards the light; w: depth over which joined surfaces blend
  lightColour: vec4f,  // w: strength of the highlight
  sky: vec4f,          // light from above; w: depth that a shadow needs to leave its caster
  ground: vec4f,       // light from below; w: one millimetre
  skin: vec4f,
  palm: vec4f,
  nail: vec4f,
  sleeve: vec4f,
  litX: vec4f,         // rows of the rotation into the light's frame
  litY: vec4f,
  litZ: vec4f,
  backdropA: vec4f,    // w: cosine of the gradient's angle
  backdropB: vec4f,    // w: sine
  noise: vec4f,        // strength, cells across the crop, seed
  blobs: array<Blob, 5>,
  capsules: array<Capsule, 32>,
}

struct Dims { mean: vec4f, inverseStd: vec4f, size: u32, tiles: u32 }

@group(0) @binding(0) var<uniform> u: Dims;
@group(0) @binding(1) var<storage, read> scenes: array<Scene>;
@group(0) @binding(2) var<storage, read> masks: array<vec2u>;
@group(0) @binding(3) var<storage, read_write> images: array<f32>;

#include "pixel.wgsl"

// ---- geometry ----------------------------------------------------------------------------------------------------------

struct Front { z: f32, t: f32, q: f32 }

/// Where the line through p meets a tapered capsule first; it misses where q <= 0. q is Q(t) of the header comment.
fn front(p: vec2f, a: vec4f, b: vec4f) -> Front {
  let d = b - a;  // w: how the radius grows
  let e = p - a.xy;
  // Seen from nearly straight ahead one end hides the other and A turns positive. Held just below zero it shrinks the far
  // end by less than anyone can see.
  let A = min(d.w * d.w - dot(d.xy, d.xy), -END_ON);
  let B = a.w * d.w + dot(e, d.xy);
  let C = a.w * a.w - dot(e, e);
  let s = d.z * sqrt(max(B * B - A * C, 0.0) / (d.z * d.z - A));
  let t = clamp((s - B) / A, 0.0, 1.0);
  let q = (A * t + 2.0 * B) * t + C;
  return Front(a.z + t * d.z - sqrt(max(q, 0.0)), t, q);
}

/// The nearest surface found so far on a line of sight.
struct Hit { z: f32, normal: vec3f, capsule: u32, chain: u32 }

/// Over which depth two surfaces run into each other: far within the palm and arm (chain 0) and within a sleeve, a little along
/// a finger and from it into the palm; others hide each other sharply.
fn softness(a: u32, b: u32, blend: f32) -> f32 {
  let near = min(a, b);
  let far = max(a, b);
  if (near == far) { return select(blend, 3.0 * blend, near == 0u || near == SLEEVE); }
  return select(0.0, blend, near == 0u && far < SLEEVE);
}

/// The nearer of a hit and a capsule, their depths and normals blended where both are nearly as near and joined.
fn nearer(hit: Hit, p: vec2f, a: vec4f, b: vec4f, capsule: u32, chain: u32, blend: f32) -> Hit {
  let f = front(p, a, b);
  if (f.q <= 0.0) { return hit; }
  let centre = mix(a, b, f.t);
  let normal = (vec3f(p, f.z) - centre.xyz) / centre.w;
  // Towards an outline the blend fades, or the outline would show as a step.
  let inside = smoothstep(0.0, 0.6, min(-hit.normal.z, -normal.z));
  let k = max(softness(hit.chain, chain, blend) * inside, 1e-6);
  let h = clamp(0.5 + 0.5 * (hit.z - f.z) / k, 0.0, 1.0);
  let ahead = h >= 0.5;
  return Hit(
    mix(hit.z, f.z, h) - k * h * (1.0 - h),
    mix(hit.normal, normal, h),
    select(hit.capsule, capsule, ahead),
    select(hit.chain, chain, ahead),
  );
}

// ---- background --------------------------------------------------------------------------------------------------------

fn lattice(cell: vec2i, seed: u32) -> f32 {
  return f32(hash32(u32(cell.x) ^ hash32(u32(cell.y) ^ seed)) >> 8u) / 16777216.0;
}

/// Value noise in [0, 1): random values on a grid, smoothly interpolated.
fn valueNoise(p: vec2f, seed: u32) -> f32 {
  let cell = vec2i(floor(p));
  let f = fract(p);
  let w = f * f * (3.0 - 2.0 * f);
  let top = mix(lattice(cell, seed), lattice(cell + vec2i(1, 0), seed), w.x);
  let bottom = mix(lattice(cell + vec2i(0, 1), seed), lattice(cell + vec2i(1, 1), seed), w.x);
  return mix(top, bottom, w.y);
}

fn background(image: u32, p: vec2f) -> vec3f {
  let nearEnd = scenes[image].backdropA;
  let farEnd = scenes[image].backdropB;
  let slope = dot(p - 0.5, vec2f(nearEnd.w, farEnd.w)) / 1.4 + 0.5;
  var colour = mix(nearEnd.rgb, farEnd.rgb, clamp(slope, 0.0, 1.0));
  for (var i = 0u; i < 5u; i++) {
    let blob = scenes[image].blobs[i];
    let d = p - blob.place.xy;
    let local = abs(vec2f(d.x * blob.place.z + d.y * blob.place.w, d.y * blob.place.z - d.x * blob.place.w));
    let outside = length(max(local - blob.extent.xy, vec2f(0.0))) - blob.extent.z;
    let cover = 1.0 - smoothstep(-0.5, 0.5, outside / blob.extent.w);
    colour = mix(colour, blob.colour.rgb, cover * blob.colour.a);
  }
  let noise = scenes[image].noise;
  let seed = u32(noise.z);
  // Each octave is turned against the pixels and the other, so that the grid does not show.
  let coarse = valueNoise(vec2f(0.8 * p.x - 0.6 * p.y, 0.6 * p.x + 0.8 * p.y) * noise.y, seed);
  let fine = valueNoise(vec2f(0.92 * p.x + 0.39 * p.y, 0.92 * p.y - 0.39 * p.x) * noise.y * 2.7, seed ^ 0x5bd1e995u);
  return colour * (1.0 + noise.x * (1.3 * coarse + 0.7 * fine - 1.0));
}

// ---- shading -----------------------------------------------------------------------------------------------------------

/// How much of the light is taken away at a point, 0 to 1: the capsules between it and the light, seen from the light.
fn shadow(image: u32, point: vec3f, casters: u32) -> f32 {
  let bias = scenes[image].sky.w;
  let p = vec3f(dot(scenes[image].litX.xyz, point), dot(scenes[image].litY.xyz, point), dot(scenes[image].litZ.xyz, point));
  var most = 0.0;
  var left = casters;
  while (left != 0u) {
    let i = countTrailingZeros(left);
    left &= left - 1u;
    let a = scenes[image].capsules[i].litA;
    let b = scenes[image].capsules[i].litB;
    let f = front(p.xy, a, b);
    let r = mix(a.w, b.w, f.t);
    // Soft at the outline, where the caster is thin, and where it nearly touches.
    let dark = smoothstep(0.0, 0.55, f.q / (r * r)) * smoothstep(bias, 4.0 * bias, p.z - f.z);
    most = max(most, dark);
  }
  return most;
}

/// @param lit the share of the light that reaches the point
fn shade(image: u32, hit: Hit, p: vec2f, lit: f32) -> vec3f {
  let point = vec3f(p, hit.z);
  let n = normalize(hit.normal);
  let a = scenes[image].capsules[hit.capsule].a;
  let b = scenes[image].capsules[hit.capsule].b;
  let back = scenes[image].capsules[hit.capsule].back;
  let bone = i32(back.w) / 8 - 1;
  let nail = scenes[image].nail.rgb;

  let facing = dot(n, back.xyz);  // 1 on the back of the hand, -1 on the palm
  var albedo = mix(scenes[image].palm.rgb, scenes[image].skin.rgb, smoothstep(-0.45, 0.35, facing));
  var gloss = scenes[image].lightColour.w;
  var rough = 18.0;
  if (hit.chain == SLEEVE) {
    albedo = scenes[image].sleeve.rgb;
    gloss = 0.0;
  } else if (bone >= 0) {
    // Along the bone: 0 at its joint, 1 at the next.
    let d = b.xyz - a.xyz;
    let span = dot(d, d);
    let along = dot(point - a.xyz, d) / span;
    // Skin creases at the joint, and blood shows there and at the tip.
    let mm = (along * sqrt(span)) / scenes[image].ground.w;
    let crease = exp(-mm * mm * 0.5) * smoothstep(0.25, 0.8, abs(facing));
    albedo *= 1.0 - 0.22 * crease;
    let flush = exp(-mm * mm / 60.0) * smoothstep(0.2, 0.9, facing);
    albedo = mix(albedo, albedo * vec3f(1.0, 0.84, 0.8), 0.6 * flush);
    if (bone == 2) {
      albedo = mix(albedo, albedo * vec3f(1.0, 0.86, 0.82), 0.7 * smoothstep(0.45, 1.1, along));
      // The nail: a rounded patch on the back of the last bone.
      let across = dot(n, normalize(cross(d, back.xyz)));
      let u = vec2f((along - 0.98) / 0.42, across / 0.72);
      let edge = dot(u * u, u * u);
      let onNail = (1.0 - smoothstep(0.75, 1.1, edge)) * step(0.0, facing);
      albedo = mix(albedo, nail, onNail);
      gloss = mix(gloss, 0.3, onNail);
      rough = mix(rough, 40.0, onNail);
    }
  }

  // Light wraps around skin, red furthest: it goes in and comes out elsewhere.
  let light = scenes[image].light.xyz;
  let wrap = select(vec3f(0.34, 0.2, 0.15), vec3f(0.05), hit.chain == SLEEVE);
  let diffuse = max((dot(n, light) + wrap) / (1.0 + wrap), vec3f(0.0)) * mix(0.12, 1.0, lit);
  let halfWay = normalize(light - vec3f(0.0, 0.0, 1.0));
  let highlight = gloss * pow(max(dot(n, halfWay), 0.0), rough) * lit;
  // Edges turned away from the viewer lie in crevices more often than not: less light from all around.
  let open = 0.55 + 0.45 * clamp(-n.z, 0.0, 1.0);
  let ambient = mix(scenes[image].sky.rgb, scenes[image].ground.rgb, 0.5 + 0.5 * n.y) * open;
  let colour = scenes[image].lightColour.rgb;
  return albedo * (diffuse * colour + ambient) + highlight * colour;
}

// ---- one tile a workgroup ----------------------------------------------------------------------------------------------

@compute @workgroup_size(8, 8)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(global_invocation_id) id: vec3u) {
  let image = wid.z;
  let mask = masks[(image * u.tiles + wid.y) * u.tiles + wid.x];
  if (id.x >= u.size || id.y >= u.size) { return; }
  let pixel = 1.0 / f32(u.size);
  let p = vec2f(id.xy) * pixel;
  let blend = scenes[image].light.w;

#unroll s in 0..SAMPLES*SAMPLES
  let p{s} = p + (vec2f({s%SAMPLES}.0, {s/SAMPLES}.0) + 0.5 - 0.5 * {SAMPLES}.0) * (pixel / {SAMPLES}.0);
  var hit{s} = Hit(FAR, vec3f(0.0), NONE, NONE);
#end
  var left = mask.x;
  while (left != 0u) {
    let i = countTrailingZeros(left);
    left &= left - 1u;
    let a = scenes[image].capsules[i].a;
    let b = scenes[image].capsules[i].b;
    let chain = u32(scenes[image].capsules[i].back.w) % 8u;
#unroll s in 0..SAMPLES*SAMPLES
    hit{s} = nearer(hit{s}, p{s}, a, b, i, chain, blend);
#end
  }

  let at = (image * 3u * u.size + id.y) * u.size + id.x;
  let plane = u.size * u.size;
#if OUTPUT == 2
  let found = hit0.capsule != NONE;
  putPixel(at, plane, select(vec3f(), vec3f(1.0, f32(hit0.capsule + 1u), hit0.z), found));
#else
  var sum = vec3f(0.0);
  // Within an outline one ray's shadow does for all: shadows are soft, and cost as much as all else.
  var within = hit0.capsule != NONE;
  var depth = 0.0;
#unroll s in 0..SAMPLES*SAMPLES
  within = within && hit{s}.capsule == hit0.capsule;
  depth += hit{s}.z;
#end
  var lit = 0.0;
  var behind = vec3f(0.0);
  if (within) {
    lit = 1.0 - shadow(image, vec3f(p, depth / {SAMPLES*SAMPLES}.0), mask.y);
  } else {
    behind = background(image, p);
  }
#unroll s in 0..SAMPLES*SAMPLES
  if (hit{s}.capsule == NONE) {
    sum += behind;
  } else {
    if (!within) { lit = 1.0 - shadow(image, vec3f(p{s}, hit{s}.z), mask.y); }
    sum += shade(image, hit{s}, p{s}, lit);
  }
#end
  let light = clamp(sum / {SAMPLES*SAMPLES}.0, vec3f(0.0), vec3f(1.0));
#if OUTPUT == 1
  let value = light;
#else
  let value = (sqrt(light) - u.mean.xyz) * u.inverseStd.xyz;
#end
  putPixel(at, plane, value);
#end
}
