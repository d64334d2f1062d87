import { all, counting, t } from "../case";
import { table } from "../ops";

/** Other orders and shapes of the same values. */
export const shape = [
  table("transpose_test.js", "transpose", [
    { title: "of scalar is no-op", x: [t([], [3])], y: t([], [3]) },
    { title: "of 1D is no-op", x: [t([3], [1, 2, 3])], y: t([3], [1, 2, 3]) },
    {
      title: "2D",
      x: [t([2, 4], [1, 11, 2, 22, 3, 33, 4, 44])],
      attrs: { axes: [1, 0] },
      y: t([4, 2], [1, 3, 11, 33, 2, 4, 22, 44]),
    },
    { title: "2D, sizes of 1", x: [t([1, 4], [1, 2, 3, 4])], attrs: { axes: [1, 0] }, y: t([4, 1], [1, 2, 3, 4]) },
    {
      title: "3D [r, c, d] => [d, r, c]",
      x: [t([2, 2, 2], [1, 11, 2, 22, 3, 33, 4, 44])],
      attrs: { axes: [2, 0, 1] },
      y: t([2, 2, 2], [1, 2, 3, 4, 11, 22, 33, 44]),
    },
    {
      title: "3D [r, c, d] => [d, c, r]",
      x: [t([2, 2, 2], [1, 11, 2, 22, 3, 33, 4, 44])],
      attrs: { axes: [2, 1, 0] },
      y: t([2, 2, 2], [1, 3, 2, 4, 11, 33, 22, 44]),
    },
    {
      title: "3D [r, c, d] => [d, r, c], sizes of 1",
      x: [t([2, 1, 2], [1, 2, 3, 4])],
      attrs: { axes: [2, 0, 1] },
      y: t([2, 2, 1], [1, 3, 2, 4]),
    },
    {
      title: "3D [r, c, d] => [d, r, c], sizes of 1, x=[2,2,1]",
      x: [t([2, 2, 1], [1, 2, 3, 4])],
      attrs: { axes: [2, 0, 1] },
      y: t([1, 2, 2], [1, 2, 3, 4]),
    },
    {
      title: "3D [r, c, d] => [d, r, c], sizes of 1, x=[1,2,2]",
      x: [t([1, 2, 2], [1, 2, 3, 4])],
      attrs: { axes: [2, 0, 1] },
      y: t([2, 1, 2], [1, 3, 2, 4]),
    },
    {
      title: "3D [r, c, d] => [r, d, c]",
      x: [counting([2, 2, 2], 1)],
      attrs: { axes: [0, 2, 1] },
      y: t([2, 2, 2], [1, 3, 2, 4, 5, 7, 6, 8]),
    },
    {
      title: "5D [r, c, d, e, f] => [r, c, d, f, e]",
      x: [counting([2, 2, 2, 2, 2], 1)],
      attrs: { axes: [0, 1, 2, 4, 3] },
      y: t(
        [2, 2, 2, 2, 2],
        [
          1, 3, 2, 4, 5, 7, 6, 8, 9, 11, 10, 12, 13, 15, 14, 16, 17, 19, 18, 20, 21, 23, 22, 24, 25, 27, 26, 28, 29, 31,
          30, 32,
        ],
      ),
    },
    {
      title: "4D [r, c, d, e] => [c, r, d, e]",
      x: [counting([2, 2, 2, 2], 1)],
      attrs: { axes: [1, 0, 2, 3] },
      y: t([2, 2, 2, 2], [1, 2, 3, 4, 9, 10, 11, 12, 5, 6, 7, 8, 13, 14, 15, 16]),
    },
    {
      title: "4D [r, c, d, e] => [c, r, e, d]",
      x: [counting([2, 2, 2, 2], 1)],
      attrs: { axes: [1, 0, 3, 2] },
      y: t([2, 2, 2, 2], [1, 3, 2, 4, 9, 11, 10, 12, 5, 7, 6, 8, 13, 15, 14, 16]),
    },
    {
      title: "4D [r, c, d, e] => [e, r, c, d]",
      x: [counting([2, 2, 2, 2], 1)],
      attrs: { axes: [3, 0, 1, 2] },
      y: t([2, 2, 2, 2], [1, 3, 5, 7, 9, 11, 13, 15, 2, 4, 6, 8, 10, 12, 14, 16]),
    },
    {
      title: "4D [r, c, d, e] => [d, c, e, r]",
      x: [counting([2, 2, 2, 2], 1)],
      attrs: { axes: [2, 1, 3, 0] },
      y: t([2, 2, 2, 2], [1, 9, 2, 10, 5, 13, 6, 14, 3, 11, 4, 12, 7, 15, 8, 16]),
    },
    {
      title: "5D [r, c, d, e, f] => [c, r, d, e, f]",
      x: [counting([2, 2, 2, 2, 2], 1)],
      attrs: { axes: [1, 0, 2, 3, 4] },
      y: t(
        [2, 2, 2, 2, 2],
        [
          1, 2, 3, 4, 5, 6, 7, 8, 17, 18, 19, 20, 21, 22, 23, 24, 9, 10, 11, 12, 13, 14, 15, 16, 25, 26, 27, 28, 29, 30,
          31, 32,
        ],
      ),
    },
    {
      title: "gradient 3D [r, c, d] => [d, c, r]",
      x: [t([2, 2, 2], [1, 11, 2, 22, 3, 33, 4, 44])],
      attrs: { axes: [2, 1, 0] },
      dy: t([2, 2, 2], [111, 211, 121, 221, 112, 212, 122, 222]),
      dx: [t([2, 2, 2], [111, 112, 121, 122, 211, 212, 221, 222])],
    },
  ]),
  table("expand_dims_test.js", "expandDims", [
    { title: "scalar, default axis is 0", x: [t([], [1])], attrs: { axis: 0 }, y: t([1], [1]) },
    { title: "1d, axis -2", x: [t([3], [1, 2, 3])], attrs: { axis: -2 }, y: t([1, 3], [1, 2, 3]) },
    { title: "1d, axis -1", x: [t([3], [1, 2, 3])], attrs: { axis: -1 }, y: t([3, 1], [1, 2, 3]) },
    { title: "1d, axis 0", x: [t([3], [1, 2, 3])], attrs: { axis: 0 }, y: t([1, 3], [1, 2, 3]) },
    { title: "1d, axis 1", x: [t([3], [1, 2, 3])], attrs: { axis: 1 }, y: t([3, 1], [1, 2, 3]) },
    { title: "2d, axis -3", x: [counting([3, 2], 1)], attrs: { axis: -3 }, y: counting([1, 3, 2], 1) },
    { title: "2d, axis -2", x: [counting([3, 2], 1)], attrs: { axis: -2 }, y: counting([3, 1, 2], 1) },
    { title: "2d, axis -1", x: [counting([3, 2], 1)], attrs: { axis: -1 }, y: counting([3, 2, 1], 1) },
    { title: "2d, axis 0", x: [counting([3, 2], 1)], attrs: { axis: 0 }, y: counting([1, 3, 2], 1) },
    { title: "2d, axis 1", x: [counting([3, 2], 1)], attrs: { axis: 1 }, y: counting([3, 1, 2], 1) },
    { title: "2d, axis 2", x: [counting([3, 2], 1)], attrs: { axis: 2 }, y: counting([3, 2, 1], 1) },
    { title: "4d, axis 0", x: [t([1, 1, 1, 1], [4])], attrs: { axis: 0 }, y: t([1, 1, 1, 1, 1], [4]) },
  ]),
  table("squeeze_test.js", "squeeze", [
    { title: "plain", x: [t([2], [0, 0])], y: t([2], [0, 0]) },
    { title: "plain, x=[2,1,2]", x: [t([2, 1, 2], [0, 0, 0, 0])], y: t([2, 2], [0, 0, 0, 0]) },
    { title: "plain, x=[1,2,1,3,1]", x: [all([1, 2, 1, 3, 1], 0)], y: all([2, 3], 0) },
    { title: "given", x: [all([1, 2, 1, 3, 1], 0)], attrs: { axes: [0] }, y: all([2, 1, 3, 1], 0) },
    { title: "given, axes [2, 4]", x: [all([1, 2, 1, 3, 1], 0)], attrs: { axes: [2, 4] }, y: all([1, 2, 3], 0) },
    { title: "given, axes [0, 4, 2]", x: [all([1, 2, 1, 3, 1], 0)], attrs: { axes: [0, 4, 2] }, y: all([2, 3], 0) },
    { title: "given, axes [-1]", x: [all([1, 2, 1, 3, 1], 0)], attrs: { axes: [-1] }, y: all([1, 2, 1, 3], 0) },
    { title: "given, axes [-3, -5]", x: [all([1, 2, 1, 3, 1], 0)], attrs: { axes: [-3, -5] }, y: all([2, 3, 1], 0) },
    {
      title: "given, axes [-3, -5, -1]",
      x: [all([1, 2, 1, 3, 1], 0)],
      attrs: { axes: [-3, -5, -1] },
      y: all([2, 3], 0),
    },
    { title: "all ones", x: [t([1, 1, 1], [0])], y: t([], [0]) },
    { title: "leading ones", x: [t([1, 1, 3], [0, 0, 0])], y: t([3], [0, 0, 0]) },
    { title: "leading ones, axes [0]", x: [t([1, 1, 3], [0, 0, 0])], attrs: { axes: [0] }, y: t([1, 3], [0, 0, 0]) },
    { title: "leading ones, axes [1]", x: [t([1, 1, 3], [0, 0, 0])], attrs: { axes: [1] }, y: t([1, 3], [0, 0, 0]) },
  ]),
];
