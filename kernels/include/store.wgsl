// Shared by the last steps of convolutions: y and z are arrays of `real`, laid out alike.

/// Writes a result: 0 where it is not positive and a ReLU is fused (`relu`), and where the convolution's input z was not positive
/// and a ReLU had made it (`gate`). NaN is no number that is not positive: it stays.
fn store(at: u32, v: f32, relu: bool, gate: bool) {
  let zero = (relu && v <= 0.0) || (gate && f32(z[at]) <= 0.0);
  y[at] = real(select(v, 0.0, zero));
}
