// Floating point where drivers depart from IEEE 754: on the software ones x != x is false for NaN, max(NaN, 0) is 0,
// exp(NaN) is infinite and log(0) is -88; WGSL itself promises nothing for NaN and infinity.

/// NaN, told by its bits.
fn isNan(v: f32) -> bool {
  return (bitcast<u32>(v) & 0x7fffffffu) > 0x7f800000u;
}

/// Neither NaN nor infinite, told by its bits.
fn isFinite(v: f32) -> bool {
  return (bitcast<u32>(v) & 0x7f800000u) != 0x7f800000u;
}

/// The larger of two, NaN where either is.
fn larger(a: f32, b: f32) -> f32 {
  return select(a, b, isNan(b) || (b > a && !isNan(a)));
}

/// Not 0, as a condition; NaN is not.
fn isSet(v: f32) -> bool {
  return v != 0.0 || isNan(v);
}

/// A whole number that orders values: the zeros are one, NaN is above all.
fn orderOf(v: f32) -> u32 {
  let bits = select(bitcast<u32>(v), 0u, v == 0.0);
  let order = select(bits | 0x80000000u, ~bits, bits >= 0x80000000u);
  return select(order, 0xffffffffu, isNan(v));
}

/// Natural logarithm: -infinity at 0, NaN below.
fn logarithm(v: f32) -> f32 {
  let notPositive = select(notANumber(), -infinity(), v == 0.0);
  return select(notPositive, select(infinity(), log(v), isFinite(v)), v > 0.0 && !isNan(v));
}

/// e^v; NaN stays.
fn exponential(v: f32) -> f32 {
  return select(exp(v), v, isNan(v));
}

/// Positive infinity. A literal would be refused at compile time.
fn infinity() -> f32 {
  var bits = 0x7f800000u;
  return bitcast<f32>(bits);
}

/// A quiet NaN.
fn notANumber() -> f32 {
  var bits = 0x7fc00000u;
  return bitcast<f32>(bits);
}

/// 1 / (1 + exp(-v)) without overflow: the exponential's argument is never positive.
fn sigmoid(v: f32) -> f32 {
  let e = exp(-abs(v));
  let y = select(e, 1.0, v >= 0.0) / (1.0 + e);
  return select(y, v, isNan(v));
}
