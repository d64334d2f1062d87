import { t } from "../case";
import { table } from "../ops";

/** Huber's loss, and the weighting by itself. */
export const lossesWeights = [
  table("losses/huber_loss_test.js", "huberLoss", [
    { title: "1D", x: [t([3], [1, 2, 3]), t([3], [0.3, 0.6, 0.1])], attrs: { reduction: 3 }, y: t([], [1.1816667]) },
    {
      title: "1D, delta",
      x: [t([3], [1, 2, 3]), t([3], [0.3, 0.6, 0.1])],
      attrs: { reduction: 3, delta: 0.4 },
      y: t([], [0.58666664]),
    },
    {
      title: "1D, weighted, by weights not zero",
      x: [t([3], [1, 2, 3]), t([3], [0.3, 0.6, 0.1]), t([3], [0.1, 0.2, 0.3])],
      attrs: { reduction: 3 },
      y: t([], [0.30816665]),
    },
    {
      title: "1D, weighted, none",
      x: [t([3], [1, 2, 3]), t([3], [0.3, 0.6, 0.1]), t([3], [0.1, 0.2, 0.3])],
      attrs: { reduction: "none" },
      y: t([3], [0.0245, 0.17999999, 0.72]),
    },
    {
      title: "1D, mean",
      x: [t([3], [1, 2, 3]), t([3], [0.3, 0.6, 0.1])],
      attrs: { reduction: "mean" },
      y: t([], [1.1816667]),
    },
    {
      title: "1D, weighted, mean",
      x: [t([3], [1, 2, 3]), t([3], [0.3, 0.6, 0.1]), t([3], [0.1, 0.2, 0.3])],
      attrs: { reduction: "mean" },
      y: t([], [1.5408332]),
    },
    {
      title: "2D",
      x: [t([2, 3], [0.4, 0.8, 0.12, 0.8, 0.1, 0.3]), t([2, 3], [0.1, 0.7, 0.1, 0.5, 0.05, 0.15])],
      attrs: { reduction: 6 },
      y: t([], [0.01795]),
    },
    {
      title: "2D, weighted, by weights not zero",
      x: [
        t([2, 3], [0.4, 0.8, 0.12, 0.8, 0.1, 0.3]),
        t([2, 3], [0.1, 0.7, 0.1, 0.5, 0.05, 0.15]),
        t([2, 3], [3, 0, 5, 0, 4, 2]),
      ],
      attrs: { reduction: 4 },
      y: t([], [0.040875003]),
    },
    {
      title: "2D, weighted, none",
      x: [
        t([2, 3], [0.4, 0.8, 0.12, 0.8, 0.1, 0.3]),
        t([2, 3], [0.1, 0.7, 0.1, 0.5, 0.05, 0.15]),
        t([2, 3], [3, 0, 5, 0, 4, 2]),
      ],
      attrs: { reduction: "none" },
      y: t([2, 3], [0.135, 0, 0.001, 0, 0.005, 0.0225]),
    },
    {
      title: "2D, mean",
      x: [t([2, 3], [0.4, 0.8, 0.12, 0.8, 0.1, 0.3]), t([2, 3], [0.1, 0.7, 0.1, 0.5, 0.05, 0.15])],
      attrs: { reduction: "mean" },
      y: t([], [0.01795]),
    },
    {
      title: "2D, weighted, mean",
      x: [
        t([2, 3], [0.4, 0.8, 0.12, 0.8, 0.1, 0.3]),
        t([2, 3], [0.1, 0.7, 0.1, 0.5, 0.05, 0.15]),
        t([2, 3], [3, 0, 5, 0, 4, 2]),
      ],
      attrs: { reduction: "mean" },
      y: t([], [0.011678572]),
    },
  ]),
  table("losses/compute_weighted_loss_test.js", "computeWeightedLoss", [
    { title: "1D, no weights", x: [t([3], [1, 2, 3])], attrs: { reduction: 3 }, y: t([], [2]) },
    { title: "1D, no weights, none", x: [t([3], [1, 2, 3])], attrs: { reduction: "none" }, y: t([3], [1, 2, 3]) },
    { title: "1D, no weights, mean", x: [t([3], [1, 2, 3])], attrs: { reduction: "mean" }, y: t([], [2]) },
    { title: "1D, no weights, sum", x: [t([3], [1, 2, 3])], attrs: { reduction: "sum" }, y: t([], [6]) },
    { title: "1D, weights", x: [t([3], [1, 2, 3]), t([3], [0.1, 0, 0.3])], attrs: { reduction: 2 }, y: t([], [0.5]) },
    {
      title: "2D, weights",
      x: [t([3, 3], [0, 0, 1, 1, 0, 0, 0, 1, 0]), t([1, 3], [0.1, 0.2, 0.3])],
      attrs: { reduction: 9 },
      y: t([], [0.06666667]),
    },
    {
      title: "1D, weights, none",
      x: [t([3], [1, 2, 3]), t([3], [0.1, 0.2, 0.3])],
      attrs: { reduction: "none" },
      y: t([3], [0.1, 0.4, 0.9]),
    },
    {
      title: "1D, weights, mean",
      x: [t([3], [1, 2, 3]), t([3], [0.1, 0.2, 0.3])],
      attrs: { reduction: "mean" },
      y: t([], [2.3333333]),
    },
    {
      title: "1D, weights, sum",
      x: [t([3], [1, 2, 3]), t([3], [0.1, 0.2, 0.3])],
      attrs: { reduction: "sum" },
      y: t([], [1.4]),
    },
    { title: "2D, no weights", x: [t([2, 3], [4, 8, 12, 8, 1, 3])], attrs: { reduction: 6 }, y: t([], [6]) },
    {
      title: "2D, weights, x=[2,3]",
      x: [t([2, 3], [4, 8, 12, 8, 1, 3]), t([2, 3], [1, 0, 2, -5, 0, 6])],
      attrs: { reduction: 4 },
      y: t([], [1.5]),
    },
    { title: "2D, no weights, mean", x: [t([2, 3], [4, 8, 12, 8, 1, 3])], attrs: { reduction: "mean" }, y: t([], [6]) },
    {
      title: "2D, weights, mean",
      x: [t([2, 3], [4, 8, 12, 8, 1, 3]), t([2, 3], [1, 0, 2, -5, 0, 6])],
      attrs: { reduction: "mean" },
      y: t([], [1.5]),
    },
    {
      title: "2D, weights, broadcast, mean",
      x: [t([3, 3], [0, 0, 1, 1, 0, 0, 0, 1, 0]), t([1, 3], [0.1, 0.2, 0.3])],
      attrs: { reduction: "mean" },
      y: t([], [0.33333334]),
    },
    { title: "2D, no weights, sum", x: [t([2, 3], [4, 8, 12, 8, 1, 3])], attrs: { reduction: "sum" }, y: t([], [36]) },
    {
      title: "2D, weights, sum",
      x: [t([2, 3], [4, 8, 12, 8, 1, 3]), t([2, 3], [1, 0, 2, -5, 0, 6])],
      attrs: { reduction: "sum" },
      y: t([], [6]),
    },
    {
      title: "2D, no weights, none",
      x: [t([2, 3], [4, 8, 12, 8, 1, 3])],
      attrs: { reduction: "none" },
      y: t([2, 3], [4, 8, 12, 8, 1, 3]),
    },
    {
      title: "2D, weights, none",
      x: [t([2, 3], [4, 8, 12, 8, 1, 3]), t([2, 3], [1, 0, 2, -5, 0, 6])],
      attrs: { reduction: "none" },
      y: t([2, 3], [4, 0, 24, -40, 0, 18]),
    },
  ]),
];
