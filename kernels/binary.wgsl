// Arithmetic of two operands, elementwise with broadcasting (kernels/include/pairs.wgsl).
//
//   OP 0: a + b      OP 1: a - b      OP 2: a * b      OP 3: a / b
#include "real.wgsl"
#include "pairs.wgsl"

fn value(p: f32, q: f32) -> f32 {
#if OP == 0
  return p + q;
#end
#if OP == 1
  return p - q;
#end
#if OP == 2
  return p * q;
#end
#if OP == 3
  return p / q;
#end
}
