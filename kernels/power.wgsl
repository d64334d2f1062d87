// y = a^b, elementwise with broadcasting (kernels/include/pairs.wgsl), and its gradients.
//
//   d/da = gy b a^(b - 1), 0 where b = 0      d/db = gy y log a, 0 where a = 0 and b >= 0
//
// IEEE 754's `pow`: 1 where b = 0 or a = 1; NaN for a negative base with a fraction for exponent; (-0)^b and (-inf)^b are negative
// for odd b. The drivers' own `pow` takes no negative base and errs by up to 6e-5. Here whole exponents to 32 are products, and
// all others 2^(b log2 a) with the logarithm as a series, within 5e-6 of the result. FLOPs 20 to 60 an element.
#include "real.wgsl"
#include "float.wgsl"
#include "pairs.wgsl"

const MOST_FACTORS: f32 = 32.0;

/// base^n by repeated squaring.
fn product(base: f32, n: u32) -> f32 {
  var result = 1.0;
  var square = base;
  for (var rest = n; rest > 0; rest >>= 1) {
    if ((rest & 1) == 1) { result *= square; }
    square *= square;
  }
  return result;
}

/// log2 v for finite v > 0: exponent and mantissa m in [0.7, 1.42), log m = 2 artanh((m - 1) / (m + 1)). The driver's own may err
/// by 5e-7 in all near v = 1, where the logarithm is small.
fn log2Of(v: f32) -> f32 {
  let bits = bitcast<u32>(v) + (0x3f800000u - 0x3f3504f3u);
  let exponent = i32(bits >> 23) - 127;
  let m = bitcast<f32>((bits & 0x7fffffu) + 0x3f3504f3u);
  let s = (m - 1.0) / (m + 1.0);
  let t = s * s;
  let series = 1.0 + t * (1.0 / 3.0 + t * (1.0 / 5.0 + t * (1.0 / 7.0 + t * (1.0 / 9.0))));
  return f32(exponent) + 2.885390082 * s * series;
}

/// a^b for a from 0 to infinity, and any b but 0.
fn magnitude(a: f32, b: f32) -> f32 {
  if (a == 1.0) { return 1.0; }
  if (a == 0.0 || !isFinite(a) || !isFinite(b)) { return select(0.0, infinity(), (a > 1.0) == (b > 0.0)); }
  if (b == floor(b) && abs(b) <= MOST_FACTORS) { return product(select(a, 1.0 / a, b < 0.0), u32(abs(b))); }
  let exponent = b * log2Of(a);
  if (exponent >= 128.0) { return infinity(); }
  return select(0.0, exp2(exponent), exponent >= -126.0);
}

fn power(a: f32, b: f32) -> f32 {
  if (b == 0.0 || a == 1.0) { return 1.0; }
  if (isNan(a) || isNan(b)) { return notANumber(); }
  let size = magnitude(abs(a), b);
  if (bitcast<u32>(a) < 0x80000000u) { return size; }
  if (b != floor(b)) { return select(notANumber(), size, a == 0.0 || !isFinite(a)); }
  let odd = 2.0 * floor(0.5 * b) != b;
  return select(size, -size, odd && isFinite(b));
}

fn value(p: f32, q: f32) -> f32 { return power(p, q); }

fn byA(p: f32, q: f32, g: f32) -> f32 {
  if (q == 0.0) { return 0.0; }
  return g * (q * power(p, q - 1.0));
}

fn byB(p: f32, q: f32, g: f32) -> f32 {
  if (p == 0.0 && q >= 0.0) { return 0.0; }
  return g * (power(p, q) * logarithm(p));
}
