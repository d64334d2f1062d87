// Pooling over windows of [B, C, H, W], and its gradients. `planes` = B C; padding is left out of a maximum and
// counts as zeros in an average, as in PyTorch.
//
//   MAX 1, GRAD 0: y = the window's largest x; a NaN in the window wins
//   MAX 1, GRAD 1: y = sum of gy over the windows whose maximum is this element. Of equal values the first in row-major
//                  order is the maximum. Each is found again from x rather than stored, and every element gathers its own
//                  sum, so overlapping windows need no atomics and the order of addition is fixed.
//   MAX 1, GRAD 2: the same for windows that do not overlap: one invocation per window writes gy or 0 to each of its own
//                  elements, which costs a quarter for 2 x 2 windows; what no window holds must be zero before
//   MAX 0, GRAD 0: y = sum of x over the window / its area
//   MAX 0, GRAD 1: y = sum of gy over the windows that hold this element / its area
//
// x [planes, H, W] real, gy [planes, OH, OW] real, y: as gy forward, as x in the gradient. `count` invocations:
// one per element of y, per window for GRAD 2. Of a pair y comes first. Bytes moved forward: 4 (area + 1) for each element of y. Bound by memory.
#include "real.wgsl"
#include "common.wgsl"
#include "float.wgsl"

struct Dims { count: u32, size: vec2u, outSize: vec2u, kernel: vec2u, stride: vec2u, padding: vec2u }
@group(0) @binding(0) var<uniform> u: Dims;
@group(0) @binding(1) var<storage, read_write> y: array<real>;
#if MAX == 1 || GRAD == 0
@group(0) @binding(2) var<storage, read> x: array<real>;
#end
#if GRAD > 0
@group(0) @binding(3) var<storage, read> gy: array<real>;
#end

/// A run of rows or of columns: the first, and the one after the last.
struct Range { first: u32, end: u32 }

/// Rows (axis 0) or columns (axis 1) of x in output `o`'s window.
fn window(axis: u32, o: u32) -> Range {
  let start = i32(o * u.stride[axis]) - i32(u.padding[axis]);
  return Range(u32(max(start, 0)), u32(min(start + i32(u.kernel[axis]), i32(u.size[axis]))));
}

/// Outputs whose window holds row (or column) `at`.
fn covering(axis: u32, at: u32) -> Range {
  let p = at + u.padding[axis];
  let k = u.kernel[axis];
  let first = select(0u, (p - k) / u.stride[axis] + 1u, p >= k);
  return Range(first, min(p / u.stride[axis] + 1u, u.outSize[axis]));
}

#if MAX == 1
/// Index in x of the maximum of output (oy, ox).
fn argMax(plane: u32, oy: u32, ox: u32) -> u32 {
  let rows = window(0, oy);
  let columns = window(1, ox);
  var best = (plane * u.size[0] + rows.first) * u.size[1] + columns.first;
  var most = f32(x[best]);
  for (var iy = rows.first; iy < rows.end; iy++) {
    for (var ix = columns.first; ix < columns.end; ix++) {
      let at = (plane * u.size[0] + iy) * u.size[1] + ix;
      let v = f32(x[at]);
      if (v > most || isNan(v)) {
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
  let i = flatIndex(wid, groups, lid);
  if (i >= u.count) { return; }
#if GRAD != 1
  let ox = i % u.outSize[1];
  let oy = i / u.outSize[1] % u.outSize[0];
  let plane = i / (u.outSize[0] * u.outSize[1]);
#if MAX == 1 && GRAD == 0
  y[i] = x[argMax(plane, oy, ox)];
#else
  let rows = window(0, oy);
  let columns = window(1, ox);
#if GRAD == 2
  let best = argMax(plane, oy, ox);
#else
  var sum = 0.0;
#end
  for (var iy = rows.first; iy < rows.end; iy++) {
    for (var ix = columns.first; ix < columns.end; ix++) {
      let at = (plane * u.size[0] + iy) * u.size[1] + ix;
#if GRAD == 2
      y[at] = select(real(0.0), gy[i], at == best);
#else
      sum += f32(x[at]);
#end
    }
  }
#if GRAD == 0
  y[i] = real(sum / f32(u.kernel[0] * u.kernel[1]));
#end
#end
#else
  let plane = i / (u.size[0] * u.size[1]);
  let rows = covering(0, i / u.size[1] % u.size[0]);
  let columns = covering(1, i % u.size[1]);
  var sum = 0.0;
  for (var oy = rows.first; oy < rows.end; oy++) {
    for (var ox = columns.first; ox < columns.end; ox++) {
      let g = f32(gy[(plane * u.outSize[0] + oy) * u.outSize[1] + ox]);
#if MAX == 1
      if (argMax(plane, oy, ox) == i) { sum += g; }
#else
      sum += g;
#end
    }
  }
#if MAX == 1
  y[i] = real(sum);
#else
  y[i] = real(sum / f32(u.kernel[0] * u.kernel[1]));
#end
#end
}
