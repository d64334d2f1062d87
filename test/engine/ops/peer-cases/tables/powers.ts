import { all, t } from "../case";
import { table } from "../ops";

/** Powers, with gradients by base and exponent. */
export const powers = [
  table("arithmetic_test.js", "pow", [
    {
      title: "same shape",
      x: [t([2, 3], [1, -2, -3, 0, 7, 1]), t([2, 3], [5, 3, 4, 5, 2, -3])],
      y: t([2, 3], [1, -8, 81, 0, 49, 1]),
    },
    { title: "2D ^ scalar", x: [t([2, 3], [1, -2, -3, 0, 7, 1]), t([], [2])], y: t([2, 3], [1, 4, 9, 0, 49, 1]) },
    { title: "NaN", x: [t([2, 2], [NaN, 3, NaN, 0]), t([2, 2], [1, 3, 2, 3])], y: t([2, 2], [NaN, 27, NaN, 0]) },
    { title: "exponent 0", x: [t([5], [-2, -1, 0, 1, 2]), t([], [0])], y: all([5], 1) },
    { title: "2x2 and 2x1", x: [t([2, 2], [1, 2, -3, -4]), t([2, 1], [2, 1])], y: t([2, 2], [1, 4, -3, -4]) },
    { title: "2D + 1D", x: [t([2, 2], [1, 2, -3, -4]), t([2], [1, 2])], y: t([2, 2], [1, 4, -3, 16]) },
    {
      title: "gradient scalar ^ scalar",
      x: [t([], [5]), t([], [2])],
      dy: t([], [3]),
      dx: [t([], [30]), t([], [120.70784])],
    },
    {
      title: "gradient of a fraction for an exponent",
      x: [t([], [4]), t([], [1.5])],
      dy: t([], [3]),
      dx: [t([], [9]), t([], [33.271065])],
    },
    {
      title: "gradient 1D ^ 1D",
      x: [t([3], [-1, 0.5, 2]), t([3], [3, 2, -1])],
      dy: t([3], [1, 5, 10]),
      dx: [t([3], [3, 5, -2.5]), null],
    },
    {
      title: "gradient scalar / 1D",
      x: [t([], [2]), t([3], [3, 4, 5])],
      dy: t([3], [6, 7, 8]),
      dx: [t([], [936]), t([3], [33.271065, 77.632484, 177.44568])],
    },
    {
      title: "gradient 2D / scalar",
      x: [t([2, 2], [2, 3, 4, 5]), t([], [2])],
      dy: t([2, 2], [6, 7, 8, 9]),
      dx: [t([2, 2], [24, 42, 64, 90]), t([], [625.4173])],
    },
    {
      title: "gradient 2D / 2D, broadcast",
      x: [t([2, 1], [3, 4]), t([2, 2], [2, 3, 0.4, 0.5])],
      dy: t([2, 2], [6, 7, 8, 9]),
      dx: [t([2, 1], [225, 3.642881]), t([2, 2], [59.32506, 207.63773, 19.30943, 24.953299])],
    },
    {
      title: "negative base, whole exponent",
      x: [t([3], [-2, -3, -4]), t([3], [2, -3, 4])],
      y: t([3], [4, -0.037037037, 256]),
    },
    {
      title: "negative base, fraction for an exponent",
      x: [t([3], [-2, -3, -4]), t([3], [2.1, -3.01, 4.1])],
      y: t([3], [NaN, NaN, NaN]),
    },
  ]),
];
