import { counting, t } from "../case";
import { table } from "../ops";

/** Parts of arrays. */
export const slices = [
  table("slice1d_test.js", "slice", [
    { title: "1x1, all of it", x: [t([1], [5])], attrs: { begin: [0], size: [1] }, y: t([1], [5]) },
    { title: "5x1 to 2x1 from 3", x: [t([5], [1, 2, 3, 4, 5])], attrs: { begin: [3], size: [2] }, y: t([2], [4, 5]) },
    {
      title: "5x1 to 3x1 from 1",
      x: [t([5], [1, 2, 3, 4, 5])],
      attrs: { begin: [1], size: [3] },
      y: t([3], [2, 3, 4]),
    },
    {
      title: "gradient",
      x: [t([5], [1, 2, 3, 4, 5])],
      attrs: { begin: [1], size: [2] },
      dy: t([2], [10, 100]),
      dx: [t([5], [0, 10, 100, 0, 0])],
    },
  ]),
  table("slice2d_test.js", "slice", [
    {
      title: "a rectangle",
      x: [counting([4, 3], 1)],
      attrs: { begin: [1, 1], size: [3, 2] },
      y: t([3, 2], [5, 6, 8, 9, 11, 12]),
    },
    {
      title: "gradient",
      x: [counting([2, 3], 1)],
      attrs: { begin: [0, 1], size: [2, 1] },
      dy: t([2, 1], [20, 50]),
      dx: [t([2, 3], [0, 20, 0, 0, 50, 0])],
    },
    {
      title: "a slice's slice, not contiguous",
      x: [t([3, 3], [2, 3, 4, 6, 7, 8, 10, 11, 12])],
      attrs: { begin: [1, 1], size: [1, 1] },
      y: t([1, 1], [7]),
    },
    { title: "a slice's slice", x: [counting([2, 4], 5)], attrs: { begin: [1, 0] }, y: t([1, 4], [9, 10, 11, 12]) },
  ]),
  table("slice3d_test.js", "slice", [
    {
      title: "1x1x1, all of it",
      x: [t([1, 1, 1], [5])],
      attrs: { begin: [0, 0, 0], size: [1, 1, 1] },
      y: t([1, 1, 1], [5]),
    },
    {
      title: "2x2x2 to 1x2x2 from [1, 0, 0]",
      x: [counting([2, 2, 2], 1)],
      attrs: { begin: [1, 0, 0], size: [1, 2, 2] },
      y: t([1, 2, 2], [5, 6, 7, 8]),
    },
    {
      title: "2x2x2 to 2x1x1 from [0, 1, 1]",
      x: [counting([2, 2, 2], 1)],
      attrs: { begin: [0, 1, 1], size: [2, 1, 1] },
      y: t([2, 1, 1], [4, 8]),
    },
  ]),
  table("slice4d_test.js", "slice", [
    {
      title: "1x1x1x1, all of it",
      x: [t([1, 1, 1, 1], [5])],
      attrs: { begin: [0, 0, 0, 0], size: [1, 1, 1, 1] },
      y: t([1, 1, 1, 1], [5]),
    },
    {
      title: "2x2x2x2 to 1x2x2x2 from [1, 0, 0, 0]",
      x: [t([2, 2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8, 11, 22, 33, 44, 55, 66, 77, 88])],
      attrs: { begin: [1, 0, 0, 0], size: [1, 2, 2, 2] },
      y: t([1, 2, 2, 2], [11, 22, 33, 44, 55, 66, 77, 88]),
    },
    {
      title: "2x2x2x2 to 2x1x1x1 from [0, 1, 1, 1]",
      x: [t([2, 2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8, 11, 22, 33, 44, 55, 66, 77, 88])],
      attrs: { begin: [0, 1, 1, 1], size: [2, 1, 1, 1] },
      y: t([2, 1, 1, 1], [8, 88]),
    },
  ]),
  table("slice_test.js", "slice", [
    {
      title: "2x2x2 to 2x1x1, no size",
      x: [counting([2, 2, 2], 1)],
      attrs: { begin: [0, 1, 1] },
      y: t([2, 1, 1], [4, 8]),
    },
    {
      title: "2x2x2 to 1x2x2, begin a number, no size",
      x: [counting([2, 2, 2], 1)],
      attrs: { begin: [1] },
      y: t([1, 2, 2], [5, 6, 7, 8]),
    },
    {
      title: "2x2x2, begin of two axes",
      x: [counting([2, 2, 2], 1)],
      attrs: { begin: [0, 1] },
      y: t([2, 1, 2], [3, 4, 7, 8]),
    },
    {
      title: "2x2x2, negative size",
      x: [counting([2, 2, 2], 1)],
      attrs: { begin: [0, 1], size: [-1, 1] },
      y: t([2, 1, 2], [3, 4, 7, 8]),
    },
    {
      title: "2x2x2, size of one axis",
      x: [counting([2, 2, 2], 1)],
      attrs: { begin: [0], size: [1] },
      y: t([1, 2, 2], [1, 2, 3, 4]),
    },
    { title: "of a cast", x: [t([2, 2], [1, 2, 3, 4])], attrs: { begin: [1], size: [1] }, y: t([1, 2], [3, 4]) },
    {
      title: "2x2x2x2x2 to 1x2x2x2x2 from [1,0,0,0,0]",
      x: [
        t(
          [2, 2, 2, 2, 2],
          [
            1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 11, 22, 33, 44, 55, 66, 77, 88, 111, 222, 333, 444,
            555, 666, 777, 888,
          ],
        ),
      ],
      attrs: { begin: [1, 0, 0, 0, 0], size: [1, 2, 2, 2, 2] },
      y: t([1, 2, 2, 2, 2], [11, 22, 33, 44, 55, 66, 77, 88, 111, 222, 333, 444, 555, 666, 777, 888]),
    },
  ]),
  table("strided_slice_test.js", "stridedSlice", [
    { title: "1D", x: [t([4], [0, 1, 2, 3])], attrs: { begin: [0], end: [3], strides: [2] }, y: t([2], [0, 2]) },
    {
      title: "1D negative begin",
      x: [t([4], [0, 1, 2, 3])],
      attrs: { begin: [-3], end: [3], strides: [1] },
      y: t([2], [1, 2]),
    },
    {
      title: "1D out of range begin",
      x: [t([4], [0, 1, 2, 3])],
      attrs: { begin: [-5], end: [3], strides: [1] },
      y: t([3], [0, 1, 2]),
    },
    {
      title: "1D negative end",
      x: [t([4], [0, 1, 2, 3])],
      attrs: { begin: [1], end: [-2], strides: [1] },
      y: t([1], [1]),
    },
    {
      title: "1D out of range end",
      x: [t([4], [0, 1, 2, 3])],
      attrs: { begin: [-3], end: [5], strides: [1] },
      y: t([3], [1, 2, 3]),
    },
    {
      title: "1D even length stride",
      x: [t([4], [0, 1, 2, 3])],
      attrs: { begin: [0], end: [2], strides: [2] },
      y: t([1], [0]),
    },
    {
      title: "2D identity",
      x: [counting([2, 3], 1)],
      attrs: { begin: [0, 0], end: [2, 3], strides: [1, 1] },
      y: counting([2, 3], 1),
    },
    {
      title: "2D",
      x: [counting([2, 3], 1)],
      attrs: { begin: [1, 0], end: [2, 2], strides: [1, 1] },
      y: t([1, 2], [4, 5]),
    },
    {
      title: "2D strides",
      x: [counting([2, 3], 1)],
      attrs: { begin: [0, 0], end: [2, 3], strides: [2, 2] },
      y: t([1, 2], [1, 3]),
    },
    {
      title: "3D identity",
      x: [counting([2, 3, 2], 1)],
      attrs: { begin: [0, 0, 0], end: [2, 3, 2], strides: [1, 1, 1] },
      y: counting([2, 3, 2], 1),
    },
    {
      title: "3D strided 2",
      x: [counting([2, 3, 2], 1)],
      attrs: { begin: [0, 0, 0], end: [2, 3, 2], strides: [2, 2, 2] },
      y: t([1, 2, 1], [1, 5]),
    },
    {
      title: "3D, two axes named",
      x: [counting([2, 3, 1, 2], 1)],
      attrs: { begin: [1, 0], end: [2, 3], strides: [1, 1] },
      y: counting([1, 3, 1, 2], 7),
    },
  ]),
];
