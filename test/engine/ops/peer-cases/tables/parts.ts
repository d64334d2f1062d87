import { counting, t } from "../case";
import { table } from "../ops";

/** Arrays taken apart. */
export const parts = [
  table("split_test.js", "split", [
    {
      title: "by number, part 0",
      x: [counting([2, 4], 1)],
      attrs: { parts: 2, axis: 1, part: 0 },
      y: t([2, 2], [1, 2, 5, 6]),
    },
    {
      title: "by number, part 1",
      x: [counting([2, 4], 1)],
      attrs: { parts: 2, axis: 1, part: 1 },
      y: t([2, 2], [3, 4, 7, 8]),
    },
    {
      title: "by sizes, part 0",
      x: [counting([2, 4], 1)],
      attrs: { parts: [1, 2, 1], axis: 1, part: 0 },
      y: t([2, 1], [1, 5]),
    },
    {
      title: "by sizes, part 1",
      x: [counting([2, 4], 1)],
      attrs: { parts: [1, 2, 1], axis: 1, part: 1 },
      y: t([2, 2], [2, 3, 6, 7]),
    },
    {
      title: "by sizes, part 2",
      x: [counting([2, 4], 1)],
      attrs: { parts: [1, 2, 1], axis: 1, part: 2 },
      y: t([2, 1], [4, 8]),
    },
    {
      title: "by sizes, one of them -1, part 0",
      x: [counting([2, 4], 1)],
      attrs: { parts: [1, 1, -1], axis: 1, part: 0 },
      y: t([2, 1], [1, 5]),
    },
    {
      title: "by sizes, one of them -1, part 1",
      x: [counting([2, 4], 1)],
      attrs: { parts: [1, 1, -1], axis: 1, part: 1 },
      y: t([2, 1], [2, 6]),
    },
    {
      title: "by sizes, one of them -1, part 2",
      x: [counting([2, 4], 1)],
      attrs: { parts: [1, 1, -1], axis: 1, part: 2 },
      y: t([2, 2], [3, 4, 7, 8]),
    },
    {
      title: "axis -2, part 0",
      x: [counting([2, 2, 2], 1)],
      attrs: { parts: 2, axis: -2, part: 0 },
      y: t([2, 1, 2], [1, 2, 5, 6]),
    },
    {
      title: "axis -2, part 1",
      x: [counting([2, 2, 2], 1)],
      attrs: { parts: 2, axis: -2, part: 1 },
      y: t([2, 1, 2], [3, 4, 7, 8]),
    },
    {
      title: "can split a zero-sized, axis 0, part 0",
      x: [t([4, 0], [])],
      attrs: { parts: 4, axis: 0, part: 0 },
      y: t([1, 0], []),
    },
    {
      title: "can split a zero-sized, axis 1, part 0",
      x: [t([0, 4], [])],
      attrs: { parts: 4, axis: 1, part: 0 },
      y: t([0, 1], []),
    },
  ]),
  table("unstack_test.js", "unstack", [
    { title: "default, part 0", x: [counting([2, 4], 1)], attrs: { axis: 0, index: 0 }, y: t([4], [1, 2, 3, 4]) },
    { title: "default, part 1", x: [counting([2, 4], 1)], attrs: { axis: 0, index: 1 }, y: t([4], [5, 6, 7, 8]) },
    { title: "negative axis, part 0", x: [counting([2, 4], 1)], attrs: { axis: -1, index: 0 }, y: t([2], [1, 5]) },
    { title: "negative axis, part 1", x: [counting([2, 4], 1)], attrs: { axis: -1, index: 1 }, y: t([2], [2, 6]) },
    { title: "negative axis, part 2", x: [counting([2, 4], 1)], attrs: { axis: -1, index: 2 }, y: t([2], [3, 7]) },
    { title: "negative axis, part 3", x: [counting([2, 4], 1)], attrs: { axis: -1, index: 3 }, y: t([2], [4, 8]) },
    {
      title: "negative axis, part 0, axis -2",
      x: [counting([2, 4], 1)],
      attrs: { axis: -2, index: 0 },
      y: t([4], [1, 2, 3, 4]),
    },
    {
      title: "negative axis, part 1, axis -2",
      x: [counting([2, 4], 1)],
      attrs: { axis: -2, index: 1 },
      y: t([4], [5, 6, 7, 8]),
    },
    { title: "into 3 tensors, part 0", x: [counting([3, 2], 1)], attrs: { axis: 0, index: 0 }, y: t([2], [1, 2]) },
    { title: "into 3 tensors, part 1", x: [counting([3, 2], 1)], attrs: { axis: 0, index: 1 }, y: t([2], [3, 4]) },
    { title: "into 3 tensors, part 2", x: [counting([3, 2], 1)], attrs: { axis: 0, index: 2 }, y: t([2], [5, 6]) },
    { title: "axis 1, part 0", x: [counting([2, 4], 1)], attrs: { axis: 1, index: 0 }, y: t([2], [1, 5]) },
    { title: "axis 1, part 1", x: [counting([2, 4], 1)], attrs: { axis: 1, index: 1 }, y: t([2], [2, 6]) },
    { title: "axis 1, part 2", x: [counting([2, 4], 1)], attrs: { axis: 1, index: 2 }, y: t([2], [3, 7]) },
    { title: "axis 1, part 3", x: [counting([2, 4], 1)], attrs: { axis: 1, index: 3 }, y: t([2], [4, 8]) },
    { title: "rank 3, part 0", x: [counting([2, 2, 2], 1)], attrs: { axis: 0, index: 0 }, y: t([2, 2], [1, 2, 3, 4]) },
    { title: "rank 3, part 1", x: [counting([2, 2, 2], 1)], attrs: { axis: 0, index: 1 }, y: t([2, 2], [5, 6, 7, 8]) },
    {
      title: "rank 3 with axis 1, part 0",
      x: [counting([2, 2, 2], 1)],
      attrs: { axis: 1, index: 0 },
      y: t([2, 2], [1, 2, 5, 6]),
    },
    {
      title: "rank 3 with axis 1, part 1",
      x: [counting([2, 2, 2], 1)],
      attrs: { axis: 1, index: 1 },
      y: t([2, 2], [3, 4, 7, 8]),
    },
    {
      title: "rank 3 with axis 2, part 0",
      x: [counting([2, 2, 2], 1)],
      attrs: { axis: 2, index: 0 },
      y: t([2, 2], [1, 3, 5, 7]),
    },
    {
      title: "rank 3 with axis 2, part 1",
      x: [counting([2, 2, 2], 1)],
      attrs: { axis: 2, index: 1 },
      y: t([2, 2], [2, 4, 6, 8]),
    },
  ]),
];
