import { counting, t } from "../case";
import { table } from "../ops";

/** The same pools as other ops of the origin spell them, and nearest-neighbour upsampling. */
export const poolingOthers = [
  table("max_pool_with_argmax_test.js", "maxPool", [
    {
      title: "x=[1,1,1] f=[1,1] s=1 d=1 [0] => [0]",
      x: [t([1, 1, 1, 1], [0])],
      attrs: { kernel: [1, 1], stride: [1, 1], pad: 0 },
      y: t([1, 1, 1, 1], [0]),
    },
    {
      title: "x=[2,2,2,1] f=[2,2,2] s=1 p=valid",
      x: [counting([2, 2, 2, 1], 1)],
      attrs: { kernel: 2, stride: 1, pad: "valid" },
      y: t([2, 1, 1, 1], [4, 8]),
    },
    {
      title: "x=[1,3,3,1] f=[2,2] s=1, p=0",
      x: [t([1, 3, 3, 1], [1, 2, 3, 4, 5, 6, 7, 9, 8])],
      attrs: { kernel: 2, stride: 1, pad: 0 },
      y: t([1, 2, 2, 1], [5, 6, 9, 9]),
    },
    {
      title: "x=[1,3,3,1] f=[2,2] s=1 p=same",
      x: [t([1, 3, 3, 1], [1, 2, 3, 4, 5, 6, 7, 9, 8])],
      attrs: { kernel: 2, stride: 1, pad: "same" },
      y: t([1, 3, 3, 1], [5, 6, 6, 9, 9, 8, 9, 9, 8]),
    },
    {
      title: "x=[2,3,3,1] f=[2,2] s=1",
      x: [t([2, 3, 3, 1], [1, 2, 3, 4, 5, 6, 7, 9, 8, 1, 2, 3, 4, 5, 6, 7, 8, 9])],
      attrs: { kernel: 2, stride: 1, pad: 0 },
      y: t([2, 2, 2, 1], [5, 6, 9, 9, 5, 6, 8, 9]),
    },
    {
      title: "x=[1, 3,3,2] f=[2,2] s=1",
      x: [t([1, 3, 3, 2], [1, 99, 2, 88, 3, 77, 4, 66, 5, 55, 6, 44, 7, 33, 9, 22, 8, 11])],
      attrs: { kernel: 2, stride: 1, pad: 0 },
      y: t([1, 2, 2, 2], [5, 99, 6, 88, 9, 66, 9, 55]),
    },
    {
      title: "x=[1,4,4,1] f=[2,2] s=2",
      x: [counting([1, 4, 4, 1], 0)],
      attrs: { kernel: 2, stride: 2, pad: 0 },
      y: t([1, 2, 2, 1], [5, 7, 13, 15]),
    },
    {
      title: "x=[1,2,2,1] f=[2,2] s=1 p=same",
      x: [t([1, 2, 2, 1], [1, 2, 3, 4])],
      attrs: { kernel: 2, stride: 1, pad: "same" },
      y: t([1, 2, 2, 1], [4, 4, 4, 4]),
    },
  ]),
  table("pool_test.js", "maxPool", [
    {
      title: "max x=[1,1,1] f=[1,1] s=1 d=1 [0] => [0]",
      x: [t([1, 1, 1], [0])],
      attrs: { kernel: 1, stride: 1, pad: 0 },
      y: t([1, 1, 1], [0]),
    },
    {
      title: "max x=[3,3,1] f=[2,2] s=1 d=1",
      x: [t([3, 3, 1], [1, 2, 3, 4, 5, 6, 7, 9, 8])],
      attrs: { kernel: 2, stride: 1, pad: 0 },
      y: t([2, 2, 1], [5, 6, 9, 9]),
    },
    {
      title: "max x=[4,4,1] f=[2,2] s=2 d=1",
      x: [counting([4, 4, 1], 0)],
      attrs: { kernel: 2, stride: 2, pad: 0 },
      y: t([2, 2, 1], [5, 7, 13, 15]),
    },
    {
      title: "max x=[2,2,1] f=[2,2] s=1 d=1 p=same",
      x: [t([2, 2, 1], [1, 2, 3, 4])],
      attrs: { kernel: 2, stride: 1, pad: "same" },
      y: t([2, 2, 1], [4, 4, 4, 4]),
    },
    {
      title: "max x=[3,3,1] f=[3,3] s=1 d=1 p=explicit",
      x: [counting([3, 3, 1], 0)],
      attrs: { kernel: 3, stride: 1, pad: [1, 2, 0, 1] },
      y: t([4, 2, 1], [5, 5, 8, 8, 8, 8, 8, 8]),
    },
    {
      title: "gradient max x=[3,3,1] f=[2,2] s=1 d=1 no equal maxima",
      x: [counting([3, 3, 1], 1)],
      attrs: { kernel: 2, stride: 1, pad: 0 },
      dy: t([2, 2, 1], [1, 2, 3, 4]),
      dx: [t([3, 3, 1], [0, 0, 0, 0, 1, 2, 0, 3, 4])],
    },
  ]),
  table("pool_test.js", "avgPool", [
    {
      title: "avg x=[1,1,1] f=[1,1] s=1 d=1 [0] => [0]",
      x: [t([1, 1, 1], [0])],
      attrs: { kernel: 1, stride: 1, pad: 0 },
      y: t([1, 1, 1], [0]),
    },
    {
      title: "avg x=[3,3,1] f=[2,2] s=1 d=1",
      x: [t([3, 3, 1], [1, 2, 3, 4, 5, 6, 7, 9, 8])],
      attrs: { kernel: 2, stride: 1, pad: 0 },
      y: t([2, 2, 1], [3, 4, 6.25, 7]),
    },
    {
      title: "avg x=[4,4,1] f=[2,2] s=2 d=1",
      x: [counting([4, 4, 1], 0)],
      attrs: { kernel: 2, stride: 2, pad: 0 },
      y: t([2, 2, 1], [2.5, 4.5, 10.5, 12.5]),
    },
    {
      title: "avg x=[2,2,1] f=[2,2] s=1 p=same",
      x: [t([2, 2, 1], [1, 2, 3, 4])],
      attrs: { kernel: 2, stride: 1, pad: "same" },
      y: t([2, 2, 1], [2.5, 3, 3.5, 4]),
    },
    {
      title: "avg x=[3,3,1] f=[3,3] s=1 d=1 p=explicit",
      x: [counting([3, 3, 1], 0)],
      attrs: { kernel: 3, stride: 1, pad: [1, 2, 0, 1] },
      y: t([4, 2, 1], [2.5, 3, 4, 4.5, 5.5, 6, 7, 7.5]),
    },
  ]),
  table("image/resize_nearest_neighbor_test.js", "upsample2x", [
    {
      title: "2x2 to 4x4, half pixel centres",
      x: [t([1, 2, 2, 1], [1, 2, 3, 4])],
      y: t([1, 4, 4, 1], [1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4]),
    },
    {
      title: "gradient greyscale: upscale",
      x: [t([2, 2, 1], [100, 50, 60, 20])],
      dy: counting([4, 4, 1], 1),
      dx: [t([2, 2, 1], [14, 22, 46, 54])],
    },
    {
      title: "gradient greyscale: upscale, align corners",
      x: [t([2, 2, 1], [100, 50, 60, 20])],
      dy: counting([4, 4, 1], 1),
      dx: [t([2, 2, 1], [14, 22, 46, 54])],
    },
  ]),
];
