import { t } from "../case";
import { table } from "../ops";

/** Activations and their derivatives. */
export const activations = [
  table("relu_test.js", "relu", [
    { title: "plain", x: [t([5], [1, -2, 0, 3, -0.1])], y: t([5], [1, 0, 0, 3, 0]) },
    { title: "5D", x: [t([1, 2, 2, 1, 1], [1, -2, 5, -3])], y: t([1, 2, 2, 1, 1], [1, 0, 5, 0]) },
    {
      title: "6D",
      x: [t([1, 2, 2, 2, 1, 1], [1, -2, 5, -3, -1, 4, 7, 8])],
      y: t([1, 2, 2, 2, 1, 1], [1, 0, 5, 0, 0, 4, 7, 8]),
    },
    { title: "a positive scalar", x: [t([], [1])], y: t([], [1]) },
    { title: "a negative scalar", x: [t([], [-1])], y: t([], [0]) },
    { title: "NaN", x: [t([6], [1, -2, 0, 3, -0.1, NaN])], y: t([6], [1, 0, 0, 3, 0, NaN]) },
    { title: "gradient positive scalar", x: [t([], [3])], dy: t([], [5]), dx: [t([], [5])] },
    { title: "gradient negative scalar", x: [t([], [-3])], dy: t([], [5]), dx: [t([], [0])] },
    {
      title: "gradient array",
      x: [t([2, 2], [1, -1, 0, 0.1])],
      dy: t([2, 2], [1, 2, 3, 4]),
      dx: [t([2, 2], [1, 0, 0, 4])],
    },
  ]),
  table("relu6_test.js", "relu6", [
    { title: "plain", x: [t([5], [1, -2, 0, 8, -0.1])], y: t([5], [1, 0, 0, 6, 0]) },
    { title: "gradient", x: [t([], [8])], dy: t([], [5]), dx: [t([], [0])] },
    {
      title: "gradient array",
      x: [t([2, 2], [8, -1, 0, 0.1])],
      dy: t([2, 2], [1, 2, 3, 4]),
      dx: [t([2, 2], [0, 0, 0, 4])],
    },
  ]),
  table("leaky_relu_test.js", "leakyRelu", [
    { title: "plain", x: [t([3], [0, 1, -2])], attrs: { alpha: 0.2 }, y: t([3], [0, 1, -0.4]) },
    { title: "NaN", x: [t([3], [0, 1, NaN])], attrs: { alpha: 0.2 }, y: t([3], [0, 1, NaN]) },
    { title: "gradient scalar", x: [t([], [-4])], attrs: { alpha: 0.1 }, dy: t([], [8]), dx: [t([], [0.8])] },
    {
      title: "gradient 1D",
      x: [t([3], [1, -1, 0.1])],
      attrs: { alpha: 0.1 },
      dy: t([3], [1, 2, 3]),
      dx: [t([3], [1, 0.2, 3])],
    },
    {
      title: "gradient 2D",
      x: [t([2, 2], [1, -1, 0.1, 0.5])],
      attrs: { alpha: 0.1 },
      dy: t([2, 2], [1, 2, 3, 4]),
      dx: [t([2, 2], [1, 0.2, 3, 4])],
    },
  ]),
  table("binary_ops_test.js", "prelu", [
    { title: "plain", x: [t([4], [0, 1, -2, -4]), t([4], [0.15, 0.2, 0.25, 0.15])], y: t([4], [0, 1, -0.5, -0.6]) },
    {
      title: "gradient",
      x: [t([4], [0.5, 3, -0.1, -4]), t([4], [0.2, 0.4, 0.25, 0.15])],
      dy: t([4], [1, 1, 1, 1]),
      dx: [t([4], [1, 1, 0.25, 0.15]), null],
    },
    {
      title: "gradient, alpha broadcast",
      x: [t([1, 4], [0.5, 3, -0.1, -4]), t([1, 1], [0.2])],
      dy: t([1, 4], [1, 1, 1, 1]),
      dx: [null, t([1, 1], [-4.1])],
    },
  ]),
  table("elu_test.js", "elu", [
    { title: "plain", x: [t([3], [1, -1, 0])], y: t([3], [1, -0.6321, 0]) },
    { title: "NaN", x: [t([2], [1, NaN])], y: t([2], [1, NaN]) },
    {
      title: "gradient",
      x: [t([4], [1, 3, -2, 0.4])],
      dy: t([4], [5, 50, 500, 5000]),
      dx: [t([4], [5, 50, 67.66764, 5000])],
    },
  ]),
  table("selu_test.js", "selu", [
    { title: "plain", x: [t([3], [1, -1, 0])], y: t([3], [1.0507, -1.1113, 0]) },
    { title: "NaN", x: [t([2], [1, NaN])], y: t([2], [1.0507, NaN]) },
    { title: "gradient scalar", x: [t([], [1])], dy: t([], [1]), dx: [t([], [1.050701])] },
    { title: "gradient scalar, 2", x: [t([], [-1])], dy: t([], [2]), dx: [t([], [1.2935373])] },
  ]),
  table("sigmoid_test.js", "sigmoid", [
    {
      title: "plain",
      x: [t([5], [1, -3, 2, 7, -4])],
      y: t([5], [0.7310586, 0.047425874, 0.8807971, 0.99908894, 0.01798621]),
    },
    { title: "NaN", x: [t([2], [3, NaN])], y: t([2], [0.95257413, NaN]) },
    {
      title: "gradient 1D",
      x: [t([4], [1, 2, -3, 5])],
      dy: t([4], [1, 2, 3, 4]),
      dx: [t([4], [0.19661193, 0.20998716, 0.13552998, 0.026592227])],
    },
  ]),
  table("softplus_test.js", "softplus", [
    {
      title: "plain",
      x: [t([5], [1, -3, 2, 7, -4])],
      y: t([5], [1.3132616, 0.048587352, 2.126928, 7.000911, 0.018149927]),
    },
    { title: "scalar", x: [t([], [-2])], y: t([], [0.12692802]) },
    { title: "large negative inputs", x: [t([4], [-100, -200, -3000, -50000])], y: t([4], [0, 0, 0, 0]) },
    { title: "large positive inputs", x: [t([3], [100, 200, 3000])], y: t([3], [100, 200, 3000]) },
    { title: "NaN", x: [t([2], [3, NaN])], y: t([2], [3.0485873, NaN]) },
    { title: "gradient scalar", x: [t([], [3])], dy: t([], [4]), dx: [t([], [3.8102965])] },
    {
      title: "gradient 1D",
      x: [t([4], [1, 2, -3, 5])],
      dy: t([4], [1, 2, 3, 4]),
      dx: [t([4], [0.7310586, 1.7615942, 0.14227761, 3.9732287])],
    },
  ]),
  table("log_sigmoid_test.js", "logSigmoid", [
    {
      title: "plain",
      x: [t([5], [1, -3, 2, 7, -4])],
      y: t([5], [-0.3132617, -3.0485873, -0.12692802, -0.0009114664, -4.01815]),
    },
    { title: "scalar", x: [t([], [-2])], y: t([], [-2.126928]) },
    { title: "large negative inputs", x: [t([3], [-100, -200, -3000])], y: t([3], [-100, -200, -3000]) },
    { title: "large positive inputs", x: [t([4], [100, 200, 3000, 50000])], y: t([4], [0, 0, 0, 0]) },
    { title: "NaN", x: [t([2], [3, NaN])], y: t([2], [-0.048587352, NaN]) },
    { title: "gradient scalar", x: [t([], [3])], dy: t([], [4]), dx: [t([], [0.1897035])] },
    {
      title: "gradient 1D",
      x: [t([4], [1, 2, -3, 5])],
      dy: t([4], [1, 2, 3, 4]),
      dx: [t([4], [0.26894143, 0.23840584, 2.8577223, 0.026771404])],
    },
  ]),
  table("softmax_test.js", "softmax", [
    { title: "plain", x: [t([3], [2, 1, 3])], y: t([3], [0.24472848, 0.09003057, 0.66524094]) },
    { title: "overflow", x: [t([2], [100, 100])], y: t([2], [0.5, 0.5]) },
    { title: "underflow", x: [t([2], [-100, -100])], y: t([2], [0.5, 0.5]) },
    { title: "an odd number", x: [t([7], [-400, -400, 0, -400, -400, -400, -400])], y: t([7], [0, 0, 1, 0, 0, 0, 0]) },
    { title: "probabilities far apart", x: [t([2], [-1000, 1000])], y: t([2], [0, 1]) },
    { title: "NaN", x: [t([3], [2, 1, NaN])], y: t([3], [NaN, NaN, NaN]) },
    {
      title: "2D, dim=1",
      x: [t([2, 3], [2, 1, 3, 1, 3, 2])],
      attrs: { axis: 1 },
      y: t([2, 3], [0.24472848, 0.09003057, 0.66524094, 0.09003057, 0.66524094, 0.24472848]),
    },
    {
      title: "gradient 1D",
      x: [t([3], [10, 0, -1])],
      dy: t([3], [1, 2, 3]),
      dx: [t([3], [-0.000078792444, 0.000045393535, 0.00003340001])],
    },
    {
      title: "gradient 2D",
      x: [t([2, 3], [10, 0, -1, 5, 4, 3])],
      dy: t([2, 3], [3, 2, 1, 1, 2, 3]),
      dx: [t([2, 3], [0.000078911646, -0.000045393528, -0.00003340001, -0.28258747, 0.14077035, 0.1418171])],
    },
  ]),
  table("log_softmax_test.js", "logSoftmax", [
    { title: "plain", x: [t([3], [2, 1, 3])], y: t([3], [-1.407606, -2.4076061, -0.407606]) },
    { title: "far apart", x: [t([2], [-1000, 1000])], y: t([2], [-2000, 0]) },
    { title: "NaN", x: [t([3], [2, 1, NaN])], y: t([3], [NaN, NaN, NaN]) },
    {
      title: "2D, axis 1",
      x: [t([2, 3], [2, 1, 3, 1, 3, 2])],
      attrs: { axis: 1 },
      y: t([2, 3], [-1.407606, -2.4076061, -0.407606, -2.4076061, -0.4076061, -1.4076061]),
    },
    {
      title: "gradient 1D",
      x: [t([3], [1, 2, 10])],
      dy: t([3], [1, 2, 3]),
      dx: [t([3], [0.9992599, 1.9979881, -2.9972477])],
    },
  ]),
];
