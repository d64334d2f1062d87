// Two strided walks over one index space of RANK dimensions, at most eight (engine/core/walk.ts makes the numbers). The
// kernel's Dims has sizes, aStrides, bStrides as `Lo` (dimensions 0 to 3) and `Hi` (4 to 7) vectors, innermost
// dimension first. A stride of 0 repeats an element along an axis (broadcasting). Unrolled, since integer division is what
// this costs in software: RANK - 1 of them.

/// Where element `index` of the index space lies in the two arrays.
fn walk(index: u32) -> vec2u {
  var rest = index;
  var at = vec2u(0u);
#unroll d in 0..RANK
#if d < 4
  let size{d} = u.sizesLo[{d}];
  let strides{d} = vec2u(u.aStridesLo[{d}], u.bStridesLo[{d}]);
#else
  let size{d} = u.sizesHi[{d-4}];
  let strides{d} = vec2u(u.aStridesHi[{d-4}], u.bStridesHi[{d-4}]);
#end
#if d < RANK - 1
  let outer{d} = rest / size{d};
  at += (rest - outer{d} * size{d}) * strides{d};
  rest = outer{d};
#else
  at += rest * strides{d};
#end
#end
  return at;
}
