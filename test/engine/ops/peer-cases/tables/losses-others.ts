import { t } from "../case";
import { table } from "../ops";

/** Losses that the engine has no op for, and the weighting by itself. */
export const lossesOthers = [
  table("losses/absolute_difference_test.js", "absoluteDifference", [
    { title: "1D", x: [t([3], [0.3, -0.6, -0.1]), t([3], [1, 2, 3])], attrs: { reduction: 3 }, y: t([], [2.1333334]) },
    {
      title: "1D, weighted, by weights not zero",
      x: [t([3], [0.3, -0.6, -0.1]), t([3], [1, 2, 3]), t([3], [0.1, 0.2, 0.3])],
      attrs: { reduction: 3 },
      y: t([], [0.50666666]),
    },
    {
      title: "1D, weighted, none",
      x: [t([3], [0.3, -0.6, -0.1]), t([3], [1, 2, 3]), t([3], [0.1, 0.2, 0.3])],
      attrs: { reduction: "none" },
      y: t([3], [0.07, 0.52, 0.93]),
    },
    {
      title: "1D, mean",
      x: [t([3], [0.3, -0.6, -0.1]), t([3], [1, 2, 3])],
      attrs: { reduction: "mean" },
      y: t([], [2.1333334]),
    },
    {
      title: "1D, weighted, mean",
      x: [t([3], [0.3, -0.6, -0.1]), t([3], [1, 2, 3]), t([3], [0.1, 0.2, 0.3])],
      attrs: { reduction: "mean" },
      y: t([], [2.5333333]),
    },
    {
      title: "2D",
      x: [t([2, 3], [1, 9, 2, -5, -2, 6]), t([2, 3], [4, 8, 12, 8, 1, 3])],
      attrs: { reduction: 6 },
      y: t([], [5.5]),
    },
    {
      title: "2D, weighted, by weights not zero",
      x: [t([2, 3], [1, 9, 2, -5, -2, 6]), t([2, 3], [4, 8, 12, 8, 1, 3]), t([2, 3], [3, 0, 5, 0, 4, 2])],
      attrs: { reduction: 4 },
      y: t([], [19.25]),
    },
    {
      title: "2D, weighted, none",
      x: [t([2, 3], [1, 9, 2, -5, -2, 6]), t([2, 3], [4, 8, 12, 8, 1, 3]), t([2, 3], [3, 6, 5, 0, 4, 2])],
      attrs: { reduction: "none" },
      y: t([2, 3], [9, 6, 50, 0, 12, 6]),
    },
    {
      title: "2D, mean",
      x: [t([2, 3], [1, 9, 2, -5, -2, 6]), t([2, 3], [4, 8, 12, 8, 1, 3])],
      attrs: { reduction: "mean" },
      y: t([], [5.5]),
    },
    {
      title: "2D, weighted, mean",
      x: [t([2, 3], [1, 9, 2, -5, -2, 6]), t([2, 3], [4, 8, 12, 8, 1, 3]), t([2, 3], [3, 6, 5, 0, 4, 2])],
      attrs: { reduction: "mean" },
      y: t([], [4.15]),
    },
  ]),
  table("losses/hinge_loss_test.js", "hingeLoss", [
    { title: "1D", x: [t([4], [0, 1, 0, 1]), t([4], [0, 0, 1, 1])], attrs: { reduction: 4 }, y: t([], [1]) },
    {
      title: "1D, weighted, by weights not zero",
      x: [t([4], [0, 1, 0, 1]), t([4], [0, 0, 1, 1]), t([4], [0.1, 0.2, 0.3, 0.4])],
      attrs: { reduction: 4 },
      y: t([], [0.225]),
    },
    {
      title: "1D, weighted, none",
      x: [t([4], [0, 1, 0, 1]), t([4], [0, 0, 1, 1]), t([4], [0.1, 0.2, 0.3, 0.4])],
      attrs: { reduction: "none" },
      y: t([4], [0.1, 0.2, 0.6, 0]),
    },
    { title: "1D, mean", x: [t([4], [0, 1, 0, 1]), t([4], [0, 0, 1, 1])], attrs: { reduction: "mean" }, y: t([], [1]) },
    {
      title: "1D, weighted, mean",
      x: [t([4], [0, 1, 0, 1]), t([4], [0, 0, 1, 1]), t([4], [0.1, 0.2, 0.3, 0.4])],
      attrs: { reduction: "mean" },
      y: t([], [0.9]),
    },
    {
      title: "2D",
      x: [t([2, 3], [0, 1, 0, 1, 0, 1]), t([2, 3], [0, 0, 0, 1, 1, 1])],
      attrs: { reduction: 6 },
      y: t([], [0.8333333]),
    },
    {
      title: "2D, weighted, by weights not zero",
      x: [t([2, 3], [0, 1, 0, 1, 0, 1]), t([2, 3], [0, 0, 0, 1, 1, 1]), t([2, 3], [0.1, 0.2, 0.3, 0.4, 0.5, 0.6])],
      attrs: { reduction: 6 },
      y: t([], [0.26666668]),
    },
    {
      title: "2D, weighted, none",
      x: [t([2, 3], [0, 1, 0, 1, 0, 1]), t([2, 3], [0, 0, 0, 1, 1, 1]), t([2, 3], [0.1, 0.2, 0.3, 0.4, 0.5, 0.6])],
      attrs: { reduction: "none" },
      y: t([2, 3], [0.1, 0.2, 0.3, 0, 1, 0]),
    },
    {
      title: "2D, mean",
      x: [t([2, 3], [0, 1, 0, 1, 0, 1]), t([2, 3], [0, 0, 0, 1, 1, 1])],
      attrs: { reduction: "mean" },
      y: t([], [0.8333333]),
    },
    {
      title: "2D, weighted, mean",
      x: [t([2, 3], [0, 1, 0, 1, 0, 1]), t([2, 3], [0, 0, 0, 1, 1, 1]), t([2, 3], [0.1, 0.2, 0.3, 0.4, 0.5, 0.6])],
      attrs: { reduction: "mean" },
      y: t([], [0.76190484]),
    },
  ]),
  table("losses/cosine_distance_test.js", "cosineDistance", [
    {
      title: "1D",
      x: [t([3], [0.3, -0.6, -0.1]), t([3], [1, 2, 3])],
      attrs: { reduction: 1, axis: 0 },
      y: t([], [2.2]),
    },
    {
      title: "1D, weighted, by weights not zero",
      x: [t([3], [0.3, -0.6, -0.1]), t([3], [1, 2, 3]), t([], [0.1])],
      attrs: { reduction: 1, axis: 0 },
      y: t([], [0.22]),
    },
    {
      title: "1D, weighted, none",
      x: [t([3], [0.3, -0.6, -0.1]), t([3], [1, 2, 3]), t([], [0.1])],
      attrs: { reduction: "none", axis: 0 },
      y: t([1], [0.22]),
    },
    {
      title: "1D, mean",
      x: [t([3], [0.3, -0.6, -0.1]), t([3], [1, 2, 3])],
      attrs: { reduction: "mean", axis: 0 },
      y: t([], [2.2]),
    },
    {
      title: "1D, weighted, mean",
      x: [t([3], [0.3, -0.6, -0.1]), t([3], [1, 2, 3]), t([], [0.1])],
      attrs: { reduction: "mean", axis: 0 },
      y: t([], [2.2]),
    },
    {
      title: "2D",
      x: [t([2, 3], [1, 9, 2, -5, -2, 6]), t([2, 3], [4, 8, 12, 8, 1, 3])],
      attrs: { reduction: 2, axis: 1 },
      y: t([], [-37]),
    },
    {
      title: "2D, weighted, by weights not zero",
      x: [t([2, 3], [1, 9, 2, -5, -2, 6]), t([2, 3], [4, 8, 12, 8, 1, 3]), t([2, 1], [3, 0])],
      attrs: { reduction: 1, axis: 1 },
      y: t([], [-297]),
    },
    {
      title: "2D, weighted, none",
      x: [t([2, 3], [1, 9, 2, -5, -2, 6]), t([2, 3], [4, 8, 12, 8, 1, 3]), t([2, 1], [3, 0])],
      attrs: { reduction: "none", axis: 1 },
      y: t([2, 1], [-297, 0]),
    },
    {
      title: "2D, mean",
      x: [t([2, 3], [1, 9, 2, -5, -2, 6]), t([2, 3], [4, 8, 12, 8, 1, 3])],
      attrs: { reduction: "mean", axis: 1 },
      y: t([], [-37]),
    },
    {
      title: "2D, weighted, mean",
      x: [t([2, 3], [1, 9, 2, -5, -2, 6]), t([2, 3], [4, 8, 12, 8, 1, 3]), t([2, 1], [3, 0])],
      attrs: { reduction: "mean", axis: 1 },
      y: t([], [-99]),
    },
  ]),
];
