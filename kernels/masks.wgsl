// Training targets of a batch of skeletons, hands say, in one dispatch: keypoint confidence maps and limb maps.
//
//   heat[b, k, y, x] = exp(-|p - joint k|^2 / (2 sigma^2)),                          p = (x, y)
//   limb[b, g, y, x] = max over the limbs l of group g of  exp(-D_l(p) / (2 sigma^2))  (LPM 1)
//                                                  or of  1 inside l's rectangle, else 0  (LPM 0: LDM)
//
// D_l, LDM's rectangle and their quirks: masks/reference.ts. Why coefficients come in two parts: masks/encode.ts.
// A maximum of exponentials is the exponential of a minimum, so limbs of a group are united by D and meet one exp.
//
// hands [B, JOINTS + 4 LIMBS] vec4f, map units. Joint k: (x high, x low, y high, y low). Limb l from joint a to b, v = b - a
// scaled:
//   +0  high parts of  v.x, v.y, -a.v, -b.v           +1  their low parts
//   +2  (-a x v) high, low;  LDM's half width |v| high, low
//   +3  distance per scaled unit across the line;  and along it (what LPM's epsilon leaves);  1 for length zero;  unused
// heat [B, JOINTS, h, w] f32 (HEAT 1);  limb [B, CHANNELS, h, w] f32 (LIMB 1).
//
// Two ways to unite limbs, as masks/plan.ts chooses:
//   CHAIN n  chains of n limbs from joint 0 outwards, as a hand's fingers are: limb l leads to joint l + 1. Each limb is looked
//            at once, minima stay in registers. Channels: the whole (WHOLE), then each chain without its first limb and all
//            first limbs, a hand's palm (FINGERS), or each limb (EACH).
//   CHAIN 0  any skeleton, any groups, from `table` u32: two joints a limb, CHANNELS + 1 places where groups begin, and there
//            the groups' limbs. A limb is looked at once for each group that it is in.
//
// One invocation a pixel of a hand, all its channels: neighbours read the same vec4s (one broadcast load on a GPU) and
// write side by side. About 6 FLOPs and an exp a joint, 40 FLOPs a limb; bytes written 4 B h w (JOINTS + CHANNELS).
// Params: HEAT, LIMB, LPM, WHOLE, FINGERS, EACH, each 0 or 1; JOINTS, LIMBS, CHANNELS, CHAIN.
#include "common.wgsl"

struct Dims {
  n: u32, // pixels of all hands, B h w
  height: u32,
  width: u32,
  falloff: f32, // 1 / (2 sigma^2)
  roundCap: u32, // LPM: 1 for the distance to the segment, 0 for the original's squashed far cap
  skipZero: u32, // 1 to leave out limbs of length zero
}
@group(0) @binding(0) var<uniform> u: Dims;
@group(0) @binding(1) var<storage, read> hands: array<vec4f>;
#if HEAT
@group(0) @binding(2) var<storage, read_write> heat: array<f32>;
#end
#if LIMB
@group(0) @binding(3) var<storage, read_write> limb: array<f32>;
#if CHAIN == 0
@group(0) @binding(4) var<storage, read> table: array<u32>;
#end
#end

const JOINTS = {JOINTS}u;
const LIMBS = {LIMBS}u;
const HAND = {JOINTS+4*LIMBS}u; // vec4s: a joint has one, a limb 4
const FAR = 1e30;

/// exp(-q); the far tail is cut to exactly 0, which drivers otherwise reach in different ways.
fn falling(q: f32) -> f32 {
  return select(exp(-q), 0.0, q > 87.0);
}

/// p - joint. The high part's difference is exact, so little is lost on large maps.
fn offset(hand: u32, joint: u32, p: vec2f) -> vec2f {
  let j = hands[hand + joint];
  return (p - j.xz) - j.yw;
}

#if LIMB
/// LPM: the squared distance D. LDM: 0 inside, FAR outside.
fn limbDistance(hand: u32, l: u32, p: vec2f) -> f32 {
  let at = hand + JOINTS + 4u * l;
  let high = hands[at];
  let low = hands[at + 1u];
  let side = hands[at + 2u];
  let extra = hands[at + 3u];
  if (extra.z == 1.0 && u.skipZero == 1u) { return FAR; }
  // Sums of high parts are exact.
  let along = vec2f(high.x * p.x + high.y * p.y, low.x * p.x + low.y * p.y);
  let across = vec2f(high.y * p.x - high.x * p.y, low.y * p.x - low.x * p.y) + side.xy;
  let fromA = (along.x + high.z) + (along.y + low.z);
  let fromB = (along.x + high.w) + (along.y + low.w);
#if LPM == 0
  let right = across - side.zw;
  let left = across + side.zw;
  let inside = fromA >= 0.0 && fromB <= 0.0 && right.x + right.y <= 0.0 && left.x + left.y >= 0.0;
  return select(FAR, 0.0, inside);
#else
#if CHAIN
  // From the root or from the joint before.
  let toA = offset(hand, select(l, 0u, l % {CHAIN}u == 0u), p);
  let toB = offset(hand, l + 1u, p);
#else
  let toA = offset(hand, table[2u * l], p);
  let toB = offset(hand, table[2u * l + 1u], p);
#end
  let a2 = dot(toA, toA);
  let b2 = dot(toB, toB);
  if (extra.z == 1.0) { return 3.0 * b2; }
  let beside = (across.x + across.y) * extra.x;
  let leftAlong = fromB * extra.y;
  let line2 = beside * beside + leftAlong * leftAlong;
  let before = fromA <= 0.0;
  let past = fromB >= 0.0;
  if (u.roundCap == 1u) { return select(select(line2, a2, before), b2, past); }
  return select(0.0, line2, !before || past) + select(0.0, a2, before) + select(0.0, b2, past);
#end
}

fn limbValue(d2: f32) -> f32 {
#if LPM
  return falling(d2 * u.falloff);
#else
  return select(0.0, 1.0, d2 == 0.0);
#end
}
#end

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = flatIndex(wid, groups, lid);
  if (i >= u.n) { return; }
  let area = u.height * u.width;
  let b = i / area;
  let pixel = i % area;
  let p = vec2f(f32(pixel % u.width), f32(pixel / u.width));
  let hand = b * HAND;

#if HEAT
  for (var k = 0u; k < JOINTS; k++) {
    let d = offset(hand, k, p);
    heat[(b * JOINTS + k) * area + pixel] = falling(dot(d, d) * u.falloff);
  }
#end
#if LIMB
  // One call of limbDistance: drivers inline it, and compile time goes with its copies.
  let first = b * {CHANNELS}u * area + pixel;
#if CHAIN == 0
  let begins = 2u * LIMBS;
  for (var g = 0u; g < {CHANNELS}u; g++) {
    var nearest = FAR;
    for (var at = table[begins + g]; at < table[begins + g + 1u]; at++) {
      nearest = min(nearest, limbDistance(hand, table[at], p));
    }
    limb[first + g * area] = limbValue(nearest);
  }
#else
  // A finger has several limbs in a row; the first, from the wrist, belongs to the palm.
  var whole = FAR;
  var palm = FAR;
  var finger = FAR;
  for (var l = 0u; l < LIMBS; l++) {
    let d2 = limbDistance(hand, l, p);
#if EACH
    limb[first + l * area] = limbValue(d2);
#end
    whole = min(whole, d2);
    if (l % {CHAIN}u == 0u) {
      palm = min(palm, d2);
      finger = FAR;
    } else {
      finger = min(finger, d2);
    }
#if FINGERS
    if (l % {CHAIN}u == {CHAIN-1}u) { limb[first + ({WHOLE}u + l / {CHAIN}u) * area] = limbValue(finger); }
#end
  }
#if FINGERS
  limb[first + {WHOLE+LIMBS/CHAIN}u * area] = limbValue(palm);
#end
#if WHOLE
  limb[first] = limbValue(whole);
#end
#end
#end
}
