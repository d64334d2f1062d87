// Floating point where drivers depart from IEEE 754: on the software ones x != x is false for NaN, max(NaN, 0) is 0,
// exp(NaN) is infinite and log(0) is -88; WGSL itself promises nothing for NaN and infinity.

/// NaN, told by its bits.
fn is_nan(v: f32) -> bool {
  return (bitcast<u32>(v) & 0x7fffffffu) > 0x7f800000u;
}

/// Neither NaN nor infinite, told by its bits.
fn is_finite(v: f32) -> bool {
  return (bitcast<u32>(v) & 0x7f800000u) != 0x7f800000u;
}

/// The larger of two, NaN where either is.
fn larger(a: f32, b: f32) -> f32 {
  return select(a, b, is_nan(b) || (b > a && !is_nan(a)));
}

/// Not 0, as a condition; NaN is not.
fn is_set(v: f32) -> bool {
  return v != 0.0 || is_nan(v);
}

/// A whole number that orders values: the zeros are one, NaN is above all.
fn order_of(v: f32) -> u32 {
  let bits = select(bitcast<u32>(v), 0u, v == 0.0);
  let order = select(bits | 0x80000000u, ~bits, bits >= 0x80000000u);
  return select(order, 0xffffffffu, is_nan(v));
}

/// Natural logarithm: -infinity at 0, NaN below.
fn logarithm(v: f32) -> f32 {
  let not_positive = select(not_a_number(), -infinity(), v == 0.0);
  return select(not_positive, select(infinity(), log(v), is_finite(v)), v > 0.0 && !is_nan(v));
}

/// e^v; NaN stays.
fn exponential(v: f32) -> f32 {
  return select(exp(v), v, is_nan(v));
}

/// Positive infinity. A literal would be refused at compile time.
fn infinity() -> f32 {
  var bits = 0x7f800000u;
  return bitcast<f32>(bits);
}

/// A quiet NaN.
fn not_a_number() -> f32 {
  var bits = 0x7fc00000u;
  return bitcast<f32>(bits);
}

/// 1 / (1 + exp(-v)) without overflow: the exponential's argument is never positive.
fn sigmoid(v: f32) -> f32 {
  let e = exp(-abs(v));
  let y = select(e, 1.0, v >= 0.0) / (1.0 + e);
  return select(y, v, is_nan(v));
}
