// Two strided walks over one index space of up to eight dimensions (engine/ops/walk.ts makes the numbers). The kernel's
// Dims has: rank u32, then sizes, a_strides, b_strides as `_lo` (dimensions 0 to 3) and `_hi` (4 to 7) vectors, innermost
// dimension first. A stride of 0 repeats an element along an axis (broadcasting).

/// Where element `index` of the index space lies in the two arrays.
fn walk(index: u32) -> vec2u {
  var rest = index;
  var at = vec2u(0u);
  for (var d = 0u; d < u.rank; d++) {
    let high = d >= 4u;
    let k = d & 3u;
    let size = select(u.sizes_lo[k], u.sizes_hi[k], high);
    let strides = vec2u(select(u.a_strides_lo[k], u.a_strides_hi[k], high), select(u.b_strides_lo[k], u.b_strides_hi[k], high));
    at += (rest % size) * strides;
    rest /= size;
  }
  return at;
}
