// The points of Winograd's convolution along a row, F(4, 7): shared by its three transforms (see winograd_points for what a point is).
//
// 4 results of a kernel of 7 need 9 points and infinity: 0, A, -A, B, -B, C, -C, D, -D. Of all such sets in eighths these have
// the least rounding error but for a few that are no better: 7e-6 of the largest result where the plain sum has 2e-6 (896 channels and rows).
// The squares are exact in binary. What is computed with at each point is vec4f: four tiles, or four channels, at once.

const A = 0.375;
const B = 0.875;
const C = 1.25;
const D = 2.125;
const AA = A * A;
const BB = B * B;
const CC = C * C;
const DD = D * D;
