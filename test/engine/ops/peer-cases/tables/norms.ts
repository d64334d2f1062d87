import { t } from "../case";
import { table } from "../ops";

/** Norms of vectors and matrices, by greatest sums of absolute values. */
export const norms = [
  table("norm_test.js", "norm", [
    { title: "vector inf", x: [t([4], [1, -2, 3, -4])], attrs: { ord: Infinity }, y: t([], [4]) },
    { title: "vector -inf", x: [t([4], [1, -2, 3, -4])], attrs: { ord: -Infinity }, y: t([], [1]) },
    { title: "vector 1", x: [t([4], [1, -2, 3, -4])], attrs: { ord: 1 }, y: t([], [10]) },
    { title: "matrix inf", x: [t([3, 2], [1, 2, -3, 1, 0, 1])], attrs: { ord: Infinity, axes: [0, 1] }, y: t([], [4]) },
    {
      title: "matrix -inf",
      x: [t([3, 2], [1, 2, -3, 1, 0, 1])],
      attrs: { ord: -Infinity, axes: [0, 1] },
      y: t([], [1]),
    },
    { title: "matrix 1", x: [t([3, 2], [1, 2, -3, 1, 1, 1])], attrs: { ord: 1, axes: [0, 1] }, y: t([], [5]) },
    { title: "2D, axis null", x: [t([3, 2], [1, 2, 3, 0, 0, 1])], attrs: { ord: Infinity }, y: t([], [3]) },
    {
      title: "2D, keepdims",
      x: [t([3, 2], [1, 2, 3, 0, 0, 1])],
      attrs: { ord: Infinity, keepdims: true },
      y: t([1, 1], [3]),
    },
    { title: "2D, axis 0", x: [t([3, 2], [1, 2, 3, 0, 0, 1])], attrs: { ord: Infinity, axes: [0] }, y: t([2], [3, 2]) },
    {
      title: "2D, axis 1",
      x: [t([3, 2], [1, 2, 3, 0, 0, 1])],
      attrs: { ord: Infinity, axes: [1] },
      y: t([3], [2, 3, 1]),
    },
    {
      title: "axis 1 keepdims",
      x: [t([3, 2], [1, 2, 3, 0, 0, 1])],
      attrs: { ord: Infinity, axes: [1], keepdims: true },
      y: t([3, 1], [2, 3, 1]),
    },
    {
      title: "2D, axis 1, x=[2,3]",
      x: [t([2, 3], [1, 2, 3, 0, 0, 1])],
      attrs: { ord: Infinity, axes: [1] },
      y: t([2], [3, 1]),
    },
    {
      title: "2D, axis 0,1",
      x: [t([3, 2], [1, 2, 3, 0, 0, 1])],
      attrs: { ord: Infinity, axes: [0, 1] },
      y: t([], [3]),
    },
    {
      title: "axis 0,1 keepdims",
      x: [t([3, 2], [1, 2, 3, 0, 0, 1])],
      attrs: { ord: Infinity, axes: [0, 1], keepdims: true },
      y: t([1, 1], [3]),
    },
    {
      title: "3D, axis 0,1, matrix inf",
      x: [t([3, 2, 1], [1, 2, -3, 1, 0, 1])],
      attrs: { ord: Infinity, axes: [0, 1] },
      y: t([1], [4]),
    },
    {
      title: "axis 0,1 keepdims, x=[3,2,1]",
      x: [t([3, 2, 1], [1, 2, 3, 0, 0, 1])],
      attrs: { ord: Infinity, axes: [0, 1], keepdims: true },
      y: t([1, 1, 1], [3]),
    },
    {
      title: "axis 0,1 keepdims, x=[3,2,2]",
      x: [t([3, 2, 2], [1, 2, 3, 0, 0, 1, 1, 2, 3, 0, 0, 1])],
      attrs: { ord: Infinity, axes: [0, 1], keepdims: true },
      y: t([1, 1, 2], [4, 3]),
    },
    { title: "axis null", x: [t([3, 2, 1], [1, 2, 3, 0, 0, 1])], attrs: { ord: Infinity }, y: t([], [3]) },
    { title: "axis null, 4D", x: [t([3, 2, 1, 1], [1, 2, 3, 0, 0, 1])], attrs: { ord: Infinity }, y: t([], [3]) },
    {
      title: "axis 0,1, 4D",
      x: [t([3, 2, 2, 2], [1, 2, 3, 0, 0, 1, 1, 2, 3, 0, 0, 1, 1, 2, 3, 0, 0, 1, 1, 2, 3, 0, 0, 1])],
      attrs: { ord: Infinity, axes: [0, 1] },
      y: t([2, 2], [4, 3, 4, 3]),
    },
    {
      title: "axis 0,1, 4D, 2",
      x: [t([3, 2, 2, 2], [1, 2, 3, 0, 0, 1, 1, 2, 3, 0, 0, 1, 1, 2, 3, 0, 0, 1, 1, 2, 3, 0, 0, 1])],
      attrs: { ord: Infinity, axes: [0, 1], keepdims: true },
      y: t([1, 1, 2, 2], [4, 3, 4, 3]),
    },
  ]),
];
