import { t } from "../case";
import { table } from "../ops";

/** Losses with their weights and reductions. */
export const losses = [
  table("losses/mean_squared_error_test.js", "meanSquaredError", [
    { title: "1D", x: [t([3], [0.3, -0.6, -0.1]), t([3], [1, 2, 3])], attrs: { reduction: 3 }, y: t([], [5.62]) },
    {
      title: "1D, weighted, by weights not zero",
      x: [t([3], [0.3, -0.6, -0.1]), t([3], [1, 2, 3]), t([3], [0.1, 0.2, 0.3])],
      attrs: { reduction: 3 },
      y: t([], [1.428]),
    },
    {
      title: "1D, weighted, none",
      x: [t([3], [0.3, -0.6, -0.1]), t([3], [1, 2, 3]), t([3], [0.1, 0.2, 0.3])],
      attrs: { reduction: "none" },
      y: t([3], [0.049, 1.352, 2.883]),
    },
    {
      title: "1D, mean",
      x: [t([3], [0.3, -0.6, -0.1]), t([3], [1, 2, 3])],
      attrs: { reduction: "mean" },
      y: t([], [5.62]),
    },
    {
      title: "1D, weighted, mean",
      x: [t([3], [0.3, -0.6, -0.1]), t([3], [1, 2, 3]), t([3], [0.1, 0.2, 0.3])],
      attrs: { reduction: "mean" },
      y: t([], [7.14]),
    },
    {
      title: "2D",
      x: [t([2, 3], [1, 9, 2, -5, -2, 6]), t([2, 3], [4, 8, 12, 8, 1, 3])],
      attrs: { reduction: 6 },
      y: t([], [49.5]),
    },
    {
      title: "2D, weighted, by weights not zero",
      x: [t([2, 3], [1, 9, 2, -5, -2, 6]), t([2, 3], [4, 8, 12, 8, 1, 3]), t([2, 3], [3, 0, 5, 0, 4, 2])],
      attrs: { reduction: 4 },
      y: t([], [145.25]),
    },
    {
      title: "2D, weighted, none",
      x: [t([2, 3], [1, 9, 2, -5, -2, 6]), t([2, 3], [4, 8, 12, 8, 1, 3]), t([2, 3], [3, 6, 5, 0, 4, 2])],
      attrs: { reduction: "none" },
      y: t([2, 3], [27, 6, 500, 0, 36, 18]),
    },
    {
      title: "2D, mean",
      x: [t([2, 3], [1, 9, 2, -5, -2, 6]), t([2, 3], [4, 8, 12, 8, 1, 3])],
      attrs: { reduction: "mean" },
      y: t([], [49.5]),
    },
    {
      title: "2D, weighted, mean",
      x: [t([2, 3], [1, 9, 2, -5, -2, 6]), t([2, 3], [4, 8, 12, 8, 1, 3]), t([2, 3], [3, 6, 5, 0, 4, 2])],
      attrs: { reduction: "mean" },
      y: t([], [29.35]),
    },
  ]),
  table("losses/sigmoid_cross_entropy_test.js", "sigmoidCrossEntropy", [
    {
      title: "All wrong",
      x: [t([3, 3], [0, 0, 1, 1, 0, 0, 0, 1, 0]), t([3, 3], [10, -10, -10, -10, 10, -10, -10, -10, 10])],
      attrs: { reduction: 9 },
      y: t([], [6.6667123]),
    },
    {
      title: "All right",
      x: [t([3, 3], [1, 0, 0, 0, 1, 0, 0, 0, 1]), t([3, 3], [10, -10, -10, -10, 10, -10, -10, -10, 10])],
      attrs: { reduction: 9 },
      y: t([], [0]),
      decimals: 4,
    },
    {
      title: "weighted, by weights not zero",
      x: [
        t([3, 3], [0, 0, 1, 1, 0, 0, 0, 1, 0]),
        t([3, 3], [10, -10, -10, -10, 10, -10, -10, -10, 10]),
        t([1, 3], [0.1, 0.2, 0.3]),
      ],
      attrs: { reduction: 9 },
      y: t([], [1.3333424]),
    },
    {
      title: "weighted, none",
      x: [
        t([3, 3], [0, 0, 1, 1, 0, 0, 0, 1, 0]),
        t([3, 3], [10, -10, -10, -10, 10, -10, -10, -10, 10]),
        t([1, 3], [0.1, 0.2, 0.3]),
      ],
      attrs: { reduction: "none" },
      y: t(
        [3, 3],
        [
          1.0000046, 0.00000907978, 3.0000138, 1.0000046, 2.0000093, 0.000013619671, 0.00000453989, 2.0000093,
          3.0000138,
        ],
      ),
    },
    {
      title: "mean",
      x: [t([3, 3], [0, 0, 1, 1, 0, 0, 0, 1, 0]), t([3, 3], [10, -10, -10, -10, 10, -10, -10, -10, 10])],
      attrs: { reduction: "mean" },
      y: t([], [6.6667123]),
    },
    {
      title: "weighted, mean",
      x: [
        t([3, 3], [0, 0, 1, 1, 0, 0, 0, 1, 0]),
        t([3, 3], [10, -10, -10, -10, 10, -10, -10, -10, 10]),
        t([1, 3], [0.1, 0.2, 0.3]),
      ],
      attrs: { reduction: "mean" },
      y: t([], [6.6667123]),
    },
    {
      title: "label smoothing, weighted, mean",
      x: [
        t([3, 3], [0, 0, 1, 1, 0, 0, 0, 1, 0]),
        t([3, 3], [10, -10, -10, -10, 10, -10, -10, -10, 10]),
        t([1, 3], [0.1, 0.2, 0.3]),
      ],
      attrs: { reduction: "mean", smoothing: 0.3 },
      y: t([], [6.1667128]),
    },
  ]),
  table("losses/softmax_cross_entropy_test.js", "softmaxCrossEntropy", [
    {
      title: "All wrong",
      x: [t([3, 3], [0, 0, 1, 1, 0, 0, 0, 1, 0]), t([3, 3], [10, -10, -10, -10, 10, -10, -10, -10, 10])],
      attrs: { reduction: 3 },
      y: t([], [20]),
    },
    {
      title: "All right",
      x: [t([3, 3], [1, 0, 0, 0, 1, 0, 0, 0, 1]), t([3, 3], [10, -10, -10, -10, 10, -10, -10, -10, 10])],
      attrs: { reduction: 3 },
      y: t([], [0]),
    },
    {
      title: "weighted, by weights not zero",
      x: [
        t([3, 3], [0, 0, 1, 1, 0, 0, 0, 1, 0]),
        t([3, 3], [10, -10, -10, -10, 10, -10, -10, -10, 10]),
        t([3, 3], [0.1, 0.2, 0.3, 0.1, 0.2, 0.3, 0.1, 0.2, 0.3]),
      ],
      attrs: { reduction: 9 },
      y: t([], [4]),
    },
    {
      title: "weighted, none",
      x: [
        t([3, 3], [0, 0, 1, 1, 0, 0, 0, 1, 0]),
        t([3, 3], [10, -10, -10, -10, 10, -10, -10, -10, 10]),
        t([3], [0.1, 0.2, 0.3]),
      ],
      attrs: { reduction: "none" },
      y: t([3], [2, 4, 6]),
    },
    {
      title: "mean",
      x: [t([3, 3], [0, 0, 1, 1, 0, 0, 0, 1, 0]), t([3, 3], [10, -10, -10, -10, 10, -10, -10, -10, 10])],
      attrs: { reduction: "mean" },
      y: t([], [20]),
    },
    {
      title: "weighted, mean",
      x: [
        t([3, 3], [0, 0, 1, 1, 0, 0, 0, 1, 0]),
        t([3, 3], [10, -10, -10, -10, 10, -10, -10, -10, 10]),
        t([3], [0.1, 0.2, 0.3]),
      ],
      attrs: { reduction: "mean" },
      y: t([], [20]),
    },
    {
      title: "label smoothing, weighted, mean",
      x: [
        t([3, 3], [0, 0, 1, 1, 0, 0, 0, 1, 0]),
        t([3, 3], [10, -10, -10, -10, 10, -10, -10, -10, 10]),
        t([1, 3], [0.1, 0.2, 0.3]),
      ],
      attrs: { reduction: "mean", smoothing: 0.3 },
      y: t([], [18]),
    },
  ]),
  table("losses/log_loss_test.js", "logLoss", [
    { title: "1D", x: [t([3], [1, 2, 3]), t([3], [0.3, 0.6, 0.1])], attrs: { reduction: 3 }, y: t([], [2.668788]) },
    {
      title: "1D, negative values",
      x: [t([3], [1, 2, 3]), t([3], [0.3, -0.6, -0.1])],
      attrs: { reduction: 3 },
      y: t([], [NaN]),
    },
    {
      title: "1D, weighted, by weights not zero",
      x: [t([3], [1, 2, 3]), t([3], [0.3, 0.6, 0.1]), t([3], [0.1, 0.2, 0.3])],
      attrs: { reduction: 3 },
      y: t([], [0.7168596]),
    },
    {
      title: "1D, weighted, none",
      x: [t([3], [1, 2, 3]), t([3], [0.3, 0.6, 0.1]), t([3], [0.1, 0.2, 0.3])],
      attrs: { reduction: "none" },
      y: t([3], [0.12039725, 0.02107204, 2.0091095]),
    },
    {
      title: "1D, mean",
      x: [t([3], [1, 2, 3]), t([3], [0.3, 0.6, 0.1])],
      attrs: { reduction: "mean" },
      y: t([], [2.668788]),
    },
    {
      title: "1D, weighted, mean",
      x: [t([3], [1, 2, 3]), t([3], [0.3, 0.6, 0.1]), t([3], [0.1, 0.2, 0.3])],
      attrs: { reduction: "mean" },
      y: t([], [3.5842977]),
    },
    {
      title: "2D",
      x: [t([2, 3], [0.4, 0.8, 0.12, 0.8, 0.1, 0.3]), t([2, 3], [0.1, 0.7, 0.1, 0.5, 0.05, 0.15])],
      attrs: { reduction: 6 },
      y: t([], [0.60019904]),
    },
    {
      title: "2D, weighted, by weights not zero",
      x: [
        t([2, 3], [0.4, 0.8, 0.12, 0.8, 0.1, 0.3]),
        t([2, 3], [0.1, 0.7, 0.1, 0.5, 0.05, 0.15]),
        t([2, 3], [3, 0, 5, 0, 4, 2]),
      ],
      attrs: { reduction: 4 },
      y: t([], [1.8866577]),
    },
    {
      title: "2D, weighted, none",
      x: [
        t([2, 3], [0.4, 0.8, 0.12, 0.8, 0.1, 0.3]),
        t([2, 3], [0.1, 0.7, 0.1, 0.5, 0.05, 0.15]),
        t([2, 3], [3, 0, 5, 0, 4, 2]),
      ],
      attrs: { reduction: "none" },
      y: t([2, 3], [2.9527497, 0, 1.8451363, 0, 1.3829476, 1.3657978]),
    },
    {
      title: "2D, mean",
      x: [t([2, 3], [0.4, 0.8, 0.12, 0.8, 0.1, 0.3]), t([2, 3], [0.1, 0.7, 0.1, 0.5, 0.05, 0.15])],
      attrs: { reduction: "mean" },
      y: t([], [0.60019904]),
    },
    {
      title: "2D, weighted, mean",
      x: [
        t([2, 3], [0.4, 0.8, 0.12, 0.8, 0.1, 0.3]),
        t([2, 3], [0.1, 0.7, 0.1, 0.5, 0.05, 0.15]),
        t([2, 3], [3, 0, 5, 0, 4, 2]),
      ],
      attrs: { reduction: "mean" },
      y: t([], [0.53904504]),
    },
  ]),
];
