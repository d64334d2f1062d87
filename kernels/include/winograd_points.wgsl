// The points of Winograd's convolution, shared by its three transforms.
//
// A 1-D convolution is a product of two polynomials, and a product is known from its values at as many points as it has
// coefficients: TILE results of a kernel of 3 need TILE + 1 points and the coefficient of the highest power ("infinity"),
// and one multiplication at each. TILE = 2 takes 0, 1, -1. TILE = 4 takes 0, A, -A, B, -B with A = 5/8 and B = 3/2: exact in
// binary like their squares, and of 210 pairs tried the best, with less than half the rounding error of the usual 1 and 2.
// What is computed with at each point is `element`, which the including kernel says: f32, or four of them at once.
// Opposite points share the even and the odd half of each polynomial.

const A = 0.625;
const B = 1.5;
const AA = A * A;
const BB = B * B;

/// The values of one polynomial at 0, A, -A, B, -B and infinity; with TILE = 2 at 0, 1, -1 and infinity.
struct Values {
#unroll p in 0..TILE+2
  at{p}: element,
#end
}
