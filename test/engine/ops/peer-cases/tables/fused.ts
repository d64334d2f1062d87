import { all, counting, t } from "../case";
import { table } from "../ops";

/** The images of the gradients below: the numbers 1 to 9, twice. */
const twice = t([2, 3, 3, 1], [1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
const filter = t([2, 2, 1, 1], [-1, 1, -2, 0.5]);

/** A product or a convolution with its bias and activation in one. */
export const fused = [
  table("fused/fused_conv2d_test.js", "conv2d", [
    {
      title: "relu",
      x: [counting([2, 2, 2, 2], 1), t([1, 1, 2, 2], [-1, 1, -2, 0.5])],
      attrs: { pad: 0, relu: true },
      y: t([2, 2, 2, 2], [0, 2, 0, 5, 0, 8, 0, 11, 0, 14, 0, 17, 0, 20, 0, 23]),
    },
    {
      title: "bias",
      x: [counting([2, 2, 2, 2], 1), t([1, 1, 2, 2], [-1, 1, -2, 0.5]), t([2], [5, 6])],
      attrs: { pad: 0 },
      y: t([2, 2, 2, 2], [0, 8, -6, 11, -12, 14, -18, 17, -24, 20, -30, 23, -36, 26, -42, 29]),
    },
    {
      title: "gradient x=[2,3,3,1] f=[2,2,1,1] s=1 p=0",
      x: [twice, filter],
      attrs: { pad: 0 },
      dy: t([2, 2, 2, 1], [3, 1, 2, 0, 3, 1, 2, 0]),
      dx: [
        t([2, 3, 3, 1], [-3, 2, 1, -8, 1.5, 0.5, -4, 1, 0, -3, 2, 1, -8, 1.5, 0.5, -4, 1, 0]),
        t([2, 2, 1, 1], [26, 38, 62, 74]),
      ],
    },
    // The origin's bias has a value for every pixel; all of them are 1.
    {
      title: "gradient with bias and relu, closed everywhere",
      x: [twice, filter, t([1], [1])],
      attrs: { pad: 0, relu: true },
      dy: t([2, 2, 2, 1], [3, 1, 2, 0, 3, 1, 2, 0]),
      dx: [all([2, 3, 3, 1], 0), all([2, 2, 1, 1], 0), all([1], 0)],
    },
  ]),
  table("fused/fused_mat_mul_test.js", "fusedMatMul", [
    { title: "linear", x: [counting([2, 3], 1), t([3, 2], [0, 1, -3, 2, 2, 1])], y: t([2, 2], [0, 8, -3, 20]) },
    {
      title: "relu",
      x: [counting([2, 3], 1), t([3, 2], [0, 1, -3, 2, 2, 1])],
      attrs: { activation: "relu" },
      y: t([2, 2], [0, 8, 0, 20]),
    },
    {
      title: "relu6",
      x: [counting([2, 3], 1), t([3, 2], [0, 1, -3, 2, 2, 1])],
      attrs: { activation: "relu6" },
      y: t([2, 2], [0, 6, 0, 6]),
    },
    {
      title: "elu",
      x: [counting([2, 3], 1), t([3, 2], [0, 1, -3, 2, 2, 1])],
      attrs: { activation: "elu" },
      y: t([2, 2], [0, 8, -0.9502, 20]),
    },
    {
      title: "sigmoid",
      x: [counting([2, 3], 1), t([3, 2], [0, 1, -3, 2, 2, 1])],
      attrs: { activation: "sigmoid" },
      y: t([2, 2], [0.5, 0.99966455, 0.04742587, 1]),
    },
    {
      title: "bias and relu",
      x: [counting([2, 3], 1), t([3, 2], [0, 1, -3, 2, 2, 1]), all([2, 2], 1)],
      attrs: { activation: "relu" },
      y: t([2, 2], [1, 9, 0, 21]),
    },
    {
      title: "bias of a row and elu",
      x: [counting([2, 3], 1), t([3, 2], [0, 1, -3, 2, 2, 1]), all([2], 1)],
      attrs: { activation: "elu" },
      y: t([2, 2], [1, 9, -0.8647, 21]),
    },
    {
      title: "batches, bias of another rank and relu",
      x: [counting([2, 2, 3], 0), t([2, 3, 2], [0, 1, -3, 2, 2, 1, 0, 1, -3, 2, 2, 1]), t([1, 2], [1, 2])],
      attrs: { activation: "relu" },
      y: t([2, 2, 2], [2, 6, 0, 18, 0, 30, 0, 42]),
    },
    {
      title: "bias alone",
      x: [counting([2, 3], 1), t([3, 2], [0, 1, -3, 2, 2, 1]), all([2, 2], 1)],
      y: t([2, 2], [1, 9, -2, 21]),
    },
    {
      title: "gradient with bias and relu",
      x: [t([2, 3], [1, 2, 3, 10, 20, -30]), t([3, 2], [2, 3, 4, -1, 2, 3]), all([2, 2], 1)],
      attrs: { activation: "relu" },
      dy: t([2, 2], [1, 10, 20, 30]),
      dx: [t([2, 3], [32, -6, 32, 40, 80, 40]), t([3, 2], [201, 10, 402, 20, -597, 30]), t([2, 2], [1, 10, 20, 0])],
    },
    {
      title: "gradient with bias and relu, the left transposed",
      x: [t([3, 2], [1, 2, 3, 10, 20, -30]), t([3, 2], [2, 3, 4, -1, 2, 3]), all([2, 2], 1)],
      attrs: { activation: "relu", transposeA: true },
      dy: t([2, 2], [1, 10, 20, 30]),
      dx: [t([3, 2], [32, 0, -6, 0, 32, 0]), t([3, 2], [1, 10, 3, 30, 20, 200]), t([2, 2], [1, 10, 0, 0])],
    },
    {
      title: "gradient with a bias of one number and relu",
      x: [t([2, 3], [1, 2, 3, 10, 20, -30]), t([3, 2], [2, 3, 4, -1, 2, 3]), t([1, 1], [1])],
      attrs: { activation: "relu" },
      dy: t([2, 2], [1, 10, 20, 30]),
      dx: [t([2, 3], [32, -6, 32, 40, 80, 40]), t([3, 2], [201, 10, 402, 20, -597, 30]), t([1, 1], [31])],
    },
  ]),
];
