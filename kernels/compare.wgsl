// Operands compared, elementwise with broadcasting (kernels/include/pairs.wgsl).
//
//   OP 0: the larger, NaN where either is      OP 1: the smaller, likewise
//         gradient gy to the one taken, half of it to each of two equals, all of it to both where one is NaN
//   OP 2: 1 where a = b, else 0
//   OP 3: a where b is not 0, else 0           OP 4: a where b is 0, else 0
//
// What the larger and the smaller do at ties and NaN is PyTorch's (torch.maximum, torch.minimum).
#include "real.wgsl"
#include "float.wgsl"
#include "pairs.wgsl"

fn value(p: f32, q: f32) -> f32 {
#if OP == 0
  return larger(p, q);
#end
#if OP == 1
  return -larger(-p, -q);
#end
#if OP == 2
  return select(0.0, 1.0, p == q && !isNan(p) && !isNan(q));
#end
#if OP == 3
  return select(0.0, p, isSet(q));
#end
#if OP == 4
  return select(p, 0.0, isSet(q));
#end
}

#if WRT > 0
/// The part of g that p gets where q is compared with it, and the larger (OP 1: smaller) one is taken.
fn part(p: f32, q: f32, g: f32) -> f32 {
  if (isNan(p) || isNan(q)) { return g; }
  if (p == q) { return 0.5 * g; }
#if OP == 0
  return select(0.0, g, p > q);
#else
  return select(0.0, g, p < q);
#end
}

fn byA(p: f32, q: f32, g: f32) -> f32 { return part(p, q, g); }
fn byB(p: f32, q: f32, g: f32) -> f32 { return part(q, p, g); }
#end
