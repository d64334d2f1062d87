// Shared by kernels that write `images` [B, 3, S, S] f32.

/// Writes the three channels of a pixel, `plane` = S S values apart, the first of them at `at`.
fn putPixel(at: u32, plane: u32, colour: vec3f) {
  images[at] = colour.x;
  images[at + plane] = colour.y;
  images[at + 2u * plane] = colour.z;
}
