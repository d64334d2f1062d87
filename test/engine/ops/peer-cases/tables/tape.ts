import { all, t } from "../case";
import { table } from "../ops";

/** Gradients of whole expressions, and constants made like a tensor. */
export const tape = [
  table("gradients_test.js", "sumOfMatMulRelu", [
    {
      title: "gradient of matmul + relu",
      x: [t([2, 3], [-1, 2, -3, 10, -20, 30]), t([3, 2], [2, -3, 4, -1, 2, -3])],
      dx: [t([2, 3], [-3, -1, -3, 0, 0, 0]), t([3, 2], [0, -1, 0, 2, 0, -3])],
    },
  ]),
  table("gradients_test.js", "square", [
    { title: "grad(f)", x: [t([2], [0.1, 0.2])], dy: t([2], [1, 1]), dx: [t([2], [0.2, 0.4])] },
    { title: "grad(f), the second call", x: [t([2], [0.1, 0.4])], dy: t([2], [1, 1]), dx: [t([2], [0.2, 0.8])] },
  ]),
  table("gradients_test.js", "sumOfFlatSquares", [
    { title: "gradient through reshape", x: [t([2, 2], [1, 2, 3, 4])], dx: [t([2, 2], [2, 4, 6, 8])] },
  ]),
  table("broadcast_to_test.js", "broadcastTo", [
    { title: "[] to [3,2]", x: [t([], [4.2])], attrs: { shape: [3, 2] }, y: all([3, 2], 4.2) },
    { title: "[2] to [3,2]", x: [t([2], [1, 2])], attrs: { shape: [3, 2] }, y: t([3, 2], [1, 2, 1, 2, 1, 2]) },
    { title: "[3,1] to [3,2]", x: [t([3, 1], [1, 2, 3])], attrs: { shape: [3, 2] }, y: t([3, 2], [1, 1, 2, 2, 3, 3]) },
  ]),
  table("ones_like_test.js", "onesLike", [
    { title: "1D", x: [t([3], [1, 2, 3])], y: all([3], 1) },
    { title: "4D", x: [t([2, 2, 1, 1], [1, 2, 3, 4])], y: all([2, 2, 1, 1], 1) },
  ]),
  table("zeros_like_test.js", "zerosLike", [
    { title: "1D", x: [t([3], [1, 2, 3])], y: all([3], 0) },
    { title: "4D", x: [t([2, 2, 1, 1], [1, 2, 3, 4])], y: all([2, 2, 1, 1], 0) },
  ]),
];
