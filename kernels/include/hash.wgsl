/// A 32-bit integer finaliser, the same as in train/synthetic/hash.ts: every input bit reaches every output bit.
fn hash32(value: u32) -> u32 {
  var x = value;
  x = (x ^ (x >> 16u)) * 0x7feb352du;
  x = (x ^ (x >> 15u)) * 0x846ca68bu;
  return x ^ (x >> 16u);
}
