// Shared by kernels that write images with a margin of zeros around them: y with planes of u.yPlane values, rows of u.yPitch,
// the image's first value at u.yStart.

/// Writes zeros around the h x w image of one plane: the share of tile `part` of `parts` in a row. After the end of the row up to
/// the next one's start, then above and below all rows.
fn clearMargin(plane: u32, row: u32, part: u32, parts: u32, h: u32, w: u32) {
  for (var q = w + part; q < u.yPitch; q += parts) { y[plane + u.yStart + row * u.yPitch + q] = real(0.0); }
  for (var q = row * parts + part; q < u.yPlane - h * u.yPitch; q += h * parts) {
    y[plane + q + select(0, h * u.yPitch, q >= u.yStart)] = real(0.0);
  }
}
