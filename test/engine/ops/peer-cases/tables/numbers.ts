import { counting, t } from "../case";
import { table } from "../ops";

/** Arithmetic with a plain number on one side, where the origin has a scalar tensor or takes a number too. */
export const numbers = [
  table("add_test.js", "add", [
    { title: "c + A, c a number", x: [t([3], [1, 2, 3])], attrs: { left: 5 }, y: t([3], [6, 7, 8]) },
    { title: "2D + a number", x: [counting([2, 3], 1)], attrs: { right: 2 }, y: counting([2, 3], 3) },
    {
      title: "gradient of a number + 1D",
      x: [t([3], [3, 4, 5])],
      attrs: { left: 2 },
      dy: t([3], [7, 8, 9]),
      dx: [t([3], [7, 8, 9])],
    },
  ]),
  table("sub_test.js", "sub", [
    { title: "c - A, c a number", x: [t([3], [7, 2, 3])], attrs: { left: 5 }, y: t([3], [-2, 3, 2]) },
    { title: "A - c, c a number", x: [t([3], [1, 2, -3])], attrs: { right: 5 }, y: t([3], [-4, -3, -8]) },
    {
      title: "gradient of 1D - a number",
      x: [t([3], [3, 4, 5])],
      attrs: { right: 2 },
      dy: t([3], [7, 8, 9]),
      dx: [t([3], [7, 8, 9])],
    },
    {
      title: "gradient of a number - 1D",
      x: [t([3], [3, 4, 5])],
      attrs: { left: 2 },
      dy: t([3], [7, 8, 9]),
      dx: [t([3], [-7, -8, -9])],
    },
  ]),
  table("arithmetic_test.js", "mul", [
    { title: "2D * a number", x: [t([2, 2], [1, 2, -3, -4])], attrs: { right: 2 }, y: t([2, 2], [2, 4, -6, -8]) },
    {
      title: "gradient of a number * 1D",
      x: [t([3], [3, 4, 5])],
      attrs: { left: 2 },
      dy: t([3], [6, 7, 8]),
      dx: [t([3], [12, 14, 16])],
    },
  ]),
  table("arithmetic_test.js", "div", [
    { title: "2D / a number", x: [counting([2, 3], 1)], attrs: { right: 2 }, y: t([2, 3], [0.5, 1, 1.5, 2, 2.5, 3]) },
    {
      title: "a number / 2D",
      x: [counting([2, 3], 1)],
      attrs: { left: 2 },
      y: t([2, 3], [2, 1, 0.6666667, 0.5, 0.4, 0.33333334]),
    },
    {
      title: "gradient of a number / 1D",
      x: [t([3], [3, 4, 5])],
      attrs: { left: 2 },
      dy: t([3], [6, 7, 8]),
      dx: [t([3], [-1.3333334, -0.875, -0.64])],
    },
    {
      title: "gradient of 2D / a number",
      x: [t([2, 2], [2, 3, 4, 5])],
      attrs: { right: 2 },
      dy: t([2, 2], [6, 7, 8, 9]),
      dx: [t([2, 2], [3, 3.5, 4, 4.5])],
    },
  ]),
  table("arithmetic_test.js", "pow", [
    { title: "1D ^ a number", x: [t([3], [1, 2, 3])], attrs: { right: 2 }, y: t([3], [1, 4, 9]) },
    {
      title: "gradient of a number ^ 1D",
      x: [t([3], [3, 4, 5])],
      attrs: { left: 2 },
      dy: t([3], [6, 7, 8]),
      dx: [t([3], [33.271065, 77.632484, 177.44568])],
    },
    {
      title: "gradient of 2D ^ a number",
      x: [t([2, 2], [2, 3, 4, 5])],
      attrs: { right: 2 },
      dy: t([2, 2], [6, 7, 8, 9]),
      dx: [t([2, 2], [24, 42, 64, 90])],
    },
  ]),
  table("binary_ops_test.js", "maximum", [
    { title: "1D and a number", x: [t([4], [0.5, 3, -0.1, -4])], attrs: { right: 0.6 }, y: t([4], [0.6, 3, 0.6, 0.6]) },
    { title: "a number and 1D", x: [t([4], [0.5, 3, -0.1, -4])], attrs: { left: 0.6 }, y: t([4], [0.6, 3, 0.6, 0.6]) },
  ]),
  table("binary_ops_test.js", "minimum", [
    {
      title: "1D and a number",
      x: [t([4], [0.5, 3, -0.1, -4])],
      attrs: { right: 0.6 },
      y: t([4], [0.5, 0.6, -0.1, -4]),
    },
  ]),
];
