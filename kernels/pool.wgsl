// Pooling over square windows of [B, C, H, W], and its gradients. `planes` = B C; padding is left out of a maximum and
// counts as zeros in an average, as in PyTorch.
//
//   MAX 1, GRAD 0: y = the window's largest x; a NaN in the window wins
//   MAX 1, GRAD 1: y = sum of gy over the windows whose maximum is this element. Of equal values the first in row-major
//                  order is the maximum. Each is found again from x rather than stored, and every element gathers its own
//                  sum, so overlapping windows need no atomics and the order of addition is fixed.
//   MAX 1, GRAD 2: the same for windows that do not overlap: one invocation per window writes gy or 0 to each of its own
//                  elements, which costs a quarter for 2 x 2 windows; what no window holds must be zero before
//   MAX 0, GRAD 0: y = sum of x over the window / kernel^2
//   MAX 0, GRAD 1: y = sum of gy over the windows that hold this element / kernel^2
//
// x [planes, H, W] real, gy [planes, OH, OW] real, y: as gy forward, as x in the gradient. `count` invocations:
// one per element of y, per window for GRAD 2. Bytes moved forward: 4 (n k^2 / s^2 + n / s^2) for n elements of x. Bound by memory.
#include "real.wgsl"
#include "common.wgsl"
#include "float.wgsl"

struct Dims { count: u32, height: u32, width: u32, out_height: u32, out_width: u32, kernel: u32, stride: u32, padding: u32 }
@group(0) @binding(0) var<uniform> u: Dims;
@group(0) @binding(1) var<storage, read_write> y: array<real>;
#if MAX == 1 || GRAD == 0
@group(0) @binding(2) var<storage, read> x: array<real>;
#end
#if GRAD > 0
@group(0) @binding(3) var<storage, read> gy: array<real>;
#end

/// First row (or column) of output `o`'s window and the one after its last, within an axis of `size`.
fn window(o: u32, size: u32) -> vec2u {
  let start = i32(o * u.stride) - i32(u.padding);
  return vec2u(u32(max(start, 0)), u32(min(start + i32(u.kernel), i32(size))));
}

/// First output whose window holds row (or column) `at` and the one after the last.
fn covering(at: u32, outputs: u32) -> vec2u {
  let p = at + u.padding;
  let first = select(0u, (p - u.kernel) / u.stride + 1u, p >= u.kernel);
  return vec2u(first, min(p / u.stride + 1u, outputs));
}

#if MAX == 1
/// Index in x of the maximum of output (oy, ox).
fn arg_max(plane: u32, oy: u32, ox: u32) -> u32 {
  let rows = window(oy, u.height);
  let columns = window(ox, u.width);
  var best = (plane * u.height + rows.x) * u.width + columns.x;
  var most = f32(x[best]);
  for (var iy = rows.x; iy < rows.y; iy++) {
    for (var ix = columns.x; ix < columns.y; ix++) {
      let at = (plane * u.height + iy) * u.width + ix;
      let v = f32(x[at]);
      if (v > most || is_nan(v)) {
        most = v;
        best = at;
      }
    }
  }
  return best;
}
#end

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = flat_index(wid, groups, lid);
  if (i >= u.count) { return; }
#if GRAD != 1
  let ox = i % u.out_width;
  let oy = i / u.out_width % u.out_height;
  let plane = i / (u.out_width * u.out_height);
#if MAX == 1 && GRAD == 0
  y[i] = x[arg_max(plane, oy, ox)];
#else
  let rows = window(oy, u.height);
  let columns = window(ox, u.width);
#if GRAD == 2
  let best = arg_max(plane, oy, ox);
#else
  var sum = 0.0;
#end
  for (var iy = rows.x; iy < rows.y; iy++) {
    for (var ix = columns.x; ix < columns.y; ix++) {
      let at = (plane * u.height + iy) * u.width + ix;
#if GRAD == 2
      y[at] = select(real(0.0), gy[i], at == best);
#else
      sum += f32(x[at]);
#end
    }
  }
#if GRAD == 0
  y[i] = real(sum / f32(u.kernel * u.kernel));
#end
#end
#else
  let plane = i / (u.width * u.height);
  let rows = covering(i / u.width % u.height, u.out_height);
  let columns = covering(i % u.width, u.out_width);
  var sum = 0.0;
  for (var oy = rows.x; oy < rows.y; oy++) {
    for (var ox = columns.x; ox < columns.y; ox++) {
      let g = f32(gy[(plane * u.out_height + oy) * u.out_width + ox]);
#if MAX == 1
      if (arg_max(plane, oy, ox) == i) { sum += g; }
#else
      sum += g;
#end
    }
  }
#if MAX == 1
  y[i] = real(sum);
#else
  y[i] = real(sum / f32(u.kernel * u.kernel));
#end
#end
}
