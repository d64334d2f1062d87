import { counting, t } from "../case";
import { table } from "../ops";

/** Arrays in margins, and arrays reversed. */
export const margins = [
  table("reverse_1d_test.js", "reverse", [
    { title: "1D", x: [t([5], [1, 2, 3, 4, 5])], attrs: { axes: [0] }, y: t([5], [5, 4, 3, 2, 1]) },
    { title: "1D, even length", x: [t([4], [1, 2, 3, 4])], attrs: { axes: [0] }, y: t([4], [4, 3, 2, 1]) },
    {
      title: "gradient",
      x: [t([3], [1, 2, 3])],
      attrs: { axes: [0] },
      dy: t([3], [10, 20, 30]),
      dx: [t([3], [30, 20, 10])],
    },
  ]),
  table("reverse_2d_test.js", "reverse", [
    { title: "2D, axes [0]", x: [counting([2, 3], 1)], attrs: { axes: [0] }, y: t([2, 3], [4, 5, 6, 1, 2, 3]) },
    { title: "2D, axes [1]", x: [counting([2, 3], 1)], attrs: { axes: [1] }, y: t([2, 3], [3, 2, 1, 6, 5, 4]) },
    {
      title: "2D, odd sizes, axes [0, 1]",
      x: [counting([3, 5], 1)],
      attrs: { axes: [0, 1] },
      y: t([3, 5], [15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]),
    },
    {
      title: "gradient",
      x: [counting([2, 3], 1)],
      dy: t([2, 3], [10, 20, 30, 40, 50, 60]),
      dx: [t([2, 3], [60, 50, 40, 30, 20, 10])],
    },
    {
      title: "gradient, axis 0",
      x: [counting([2, 3], 1)],
      attrs: { axes: [0] },
      dy: t([2, 3], [10, 20, 30, 40, 50, 60]),
      dx: [t([2, 3], [40, 50, 60, 10, 20, 30])],
    },
    {
      title: "gradient, axis 1",
      x: [counting([2, 3], 1)],
      attrs: { axes: [1] },
      dy: t([2, 3], [10, 20, 30, 40, 50, 60]),
      dx: [t([2, 3], [30, 20, 10, 60, 50, 40])],
    },
  ]),
  table("reverse_3d_test.js", "reverse", [
    {
      title: "3D, axes [0]",
      x: [counting([2, 3, 4], 0)],
      attrs: { axes: [0] },
      y: t([2, 3, 4], [12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]),
    },
    {
      title: "3D, axes [1, 2]",
      x: [counting([2, 3, 4], 0)],
      attrs: { axes: [1, 2] },
      y: t([2, 3, 4], [11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12]),
    },
  ]),
  table("reverse_4d_test.js", "reverse", [
    {
      title: "4D, axes [1, 3]",
      x: [counting([3, 2, 3, 4], 0)],
      attrs: { axes: [1, 3] },
      y: t(
        [3, 2, 3, 4],
        [
          15, 14, 13, 12, 19, 18, 17, 16, 23, 22, 21, 20, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 39, 38, 37, 36, 43, 42,
          41, 40, 47, 46, 45, 44, 27, 26, 25, 24, 31, 30, 29, 28, 35, 34, 33, 32, 63, 62, 61, 60, 67, 66, 65, 64, 71,
          70, 69, 68, 51, 50, 49, 48, 55, 54, 53, 52, 59, 58, 57, 56,
        ],
      ),
    },
  ]),
  table("reverse_test.js", "reverse", [{ title: "1D", x: [t([3], [1, 2, 3])], y: t([3], [3, 2, 1]) }]),
  table("pad_test.js", "pad", [
    {
      title: "1D",
      x: [counting([6], 1)],
      attrs: { before: [2], after: [3] },
      y: t([11], [0, 0, 1, 2, 3, 4, 5, 6, 0, 0, 0]),
    },
    {
      title: "another value",
      x: [t([4], [1, 2, 3, 4])],
      attrs: { before: [2], after: [3], value: 9 },
      y: t([9], [9, 9, 1, 2, 3, 4, 9, 9, 9]),
    },
    {
      title: "another value, value 1.1",
      x: [t([4], [1, 2, 3, 4])],
      attrs: { before: [2], after: [1], value: 1.1 },
      y: t([7], [1.1, 1.1, 1, 2, 3, 4, 1.1]),
    },
    {
      title: "another value, value 1",
      x: [t([4], [1, 2, 3, 4])],
      attrs: { before: [2], after: [1], value: 1 },
      y: t([7], [1, 1, 1, 2, 3, 4, 1]),
    },
    {
      title: "another value, value -Infinity",
      x: [t([4], [1, 2, 3, 4])],
      attrs: { before: [2], after: [1], value: -Infinity },
      y: t([7], [-Infinity, -Infinity, 1, 2, 3, 4, -Infinity]),
    },
    {
      title: "another value, value Infinity",
      x: [t([4], [1, 2, 3, 4])],
      attrs: { before: [2], after: [1], value: Infinity },
      y: t([7], [Infinity, Infinity, 1, 2, 3, 4, Infinity]),
    },
    {
      title: "1D, NaN",
      x: [t([4], [1, NaN, 2, NaN])],
      attrs: { before: [1], after: [1] },
      y: t([6], [0, 1, NaN, 2, NaN, 0]),
    },
    {
      title: "empty",
      x: [t([0, 1], [])],
      attrs: { before: [0, 0], after: [4, 0], value: 2 },
      y: t([4, 1], [2, 2, 2, 2]),
    },
    {
      title: "gradient",
      x: [t([3], [1, 2, 3])],
      attrs: { before: [2], after: [1] },
      dy: t([6], [10, 20, 30, 40, 50, 60]),
      dx: [t([3], [30, 40, 50])],
    },
    {
      title: "2D",
      x: [t([2, 1], [1, 2])],
      attrs: { before: [1, 1], after: [1, 1] },
      y: t([4, 3], [0, 0, 0, 0, 1, 0, 0, 2, 0, 0, 0, 0]),
    },
    {
      title: "2D, x=[2,3]",
      x: [counting([2, 3], 1)],
      attrs: { before: [2, 1], after: [2, 1] },
      y: t([6, 5], [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 0, 0, 4, 5, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
    },
    {
      title: "another value, x=[2,3]",
      x: [counting([2, 3], 1)],
      attrs: { before: [1, 1], after: [1, 1], value: 10 },
      y: t([4, 5], [10, 10, 10, 10, 10, 10, 1, 2, 3, 10, 10, 4, 5, 6, 10, 10, 10, 10, 10, 10]),
    },
    {
      title: "another value, x=[2,1]",
      x: [t([2, 1], [1, 1])],
      attrs: { before: [1, 1], after: [1, 1], value: -2.1 },
      y: t([4, 3], [-2.1, -2.1, -2.1, -2.1, 1, -2.1, -2.1, 1, -2.1, -2.1, -2.1, -2.1]),
    },
    {
      title: "another value, x=[2,1], 2",
      x: [t([2, 1], [1, 1])],
      attrs: { before: [1, 1], after: [1, 1], value: -2 },
      y: t([4, 3], [-2, -2, -2, -2, 1, -2, -2, 1, -2, -2, -2, -2]),
    },
    {
      title: "2D, NaN",
      x: [t([2, 2], [1, NaN, 1, NaN])],
      attrs: { before: [1, 1], after: [1, 1] },
      y: t([4, 4], [0, 0, 0, 0, 0, 1, NaN, 0, 0, 1, NaN, 0, 0, 0, 0, 0]),
    },
    {
      title: "gradient, x=[2,2]",
      x: [t([2, 2], [1, 2, 3, 4])],
      attrs: { before: [1, 0], after: [0, 1] },
      dy: t([3, 3], [0, 0, 0, 10, 20, 0, 30, 40, 0]),
      dx: [t([2, 2], [10, 20, 30, 40])],
    },
    {
      title: "3D",
      x: [t([2, 1, 1], [1, 2])],
      attrs: { before: [1, 1, 1], after: [1, 1, 1] },
      y: t(
        [4, 3, 3],
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
      ),
    },
    {
      title: "4D",
      x: [t([1, 1, 1, 1], [9])],
      attrs: { before: [0, 1, 1, 0], after: [0, 1, 1, 0] },
      y: t([1, 3, 3, 1], [0, 0, 0, 0, 9, 0, 0, 0, 0]),
    },
  ]),
];
