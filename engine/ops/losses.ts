import { kernels } from "../../kernels/index";
import { defineOp, nd, type Op, perElement, perFour, ramp, type Sample, sameShape, type Tensor } from "../core/index";
import { ShapeError } from "../errors/index";
import { partialResults, sumMiddle } from "./reduction";

export interface LossAttrs {
  /** The sum is divided by this constant. */
  divisor: number;
}

/** A loss [] = sum of f(prediction, target) / divisor over two tensors of one shape; `kind` is KIND of kernels/loss.wgsl. */
function defineLoss(
  name: string,
  kind: number,
  f: (p: number, t: number) => number,
  samples: () => Sample<LossAttrs>[],
): Op<LossAttrs> {
  return defineOp<LossAttrs>({
    name,
    shape([p, t]) {
      if (!sameShape(p, t)) throw new ShapeError(name, "prediction and target differ", [p, t]);
      return [];
    },
    forward(gpu, [p, t], y, { divisor }) {
      const n = p.size;
      const parts = partialResults(n);
      const last = parts === 1;
      const sums = perElement(kernels.loss, last ? y : gpu.empty([parts]), {
        params: { KIND: kind, WRT: 0 },
        counter: "parts",
        uniforms: { n, factor: last ? 1 / divisor : 1 },
        bindings: { p, t },
      });
      if (!last) sumMiddle(sums, 1, parts, 1, y, 1 / divisor);
    },
    saves: { inputs: [0, 1] },
    vjp: (_, i, { gy, input, shapes, attrs: { divisor }, out }) =>
      perFour(kernels.loss, out(shapes[i]), {
        params: { KIND: kind, WRT: i + 1 },
        uniforms: { factor: 1 / divisor },
        bindings: { p: input(0), t: input(1), gy },
      }),
    reference: ([p, t], { divisor }) => nd([], [p.data.reduce((s, v, k) => s + f(v, t.data[k]), 0) / divisor]),
    samples,
    badShapes: [
      {
        shapes: [
          [2, 3],
          [3, 2],
        ],
        attrs: { divisor: 1 },
      },
    ],
  });
}

const clampedLog = (v: number) => Math.max(Math.log(v), -100);

/** Sum of squared differences / divisor: PyTorch's `MSELoss(reduction="sum")`, divided. */
export const sumMseOp = defineLoss(
  "sumMse",
  0,
  (p, t) => (p - t) ** 2,
  () => [
    { inputs: [ramp([2, 3, 5, 7]), ramp([2, 3, 5, 7], 0, 1, 3)], attrs: { divisor: 12 } },
    { inputs: [ramp([3]), ramp([3], 0, 1, 3)], attrs: { divisor: 1 } },
  ],
);

/**
 * Binary cross-entropy of probabilities, summed / divisor, with the clamps of PyTorch's `binary_cross_entropy`: both
 * logarithms at -100, and p (1 - p) at 1e-12 in the gradient (p - t) / max(p (1 - p), 1e-12). After a sigmoid the
 * gradient by the logit is therefore 0 where p rounds to 0 or 1.
 */
export const bceProbOp = defineLoss(
  "bceProb",
  1,
  (p, t) => (t - 1) * clampedLog(1 - p) - t * clampedLog(p),
  () => [{ inputs: [ramp([2, 3, 5, 7], 0.05, 0.95), ramp([2, 3, 5, 7], 0, 1, 3)], attrs: { divisor: 12 } }],
);

/** Binary cross-entropy of logits z, summed / divisor: max(z, 0) - z t + log(1 + exp(-|z|)), with no clamp needed. */
export const bceLogitsOp = defineLoss(
  "bceLogits",
  2,
  (z, t) => Math.max(z, 0) - z * t + Math.log1p(Math.exp(-Math.abs(z))),
  () => [{ inputs: [ramp([2, 3, 5, 7], -9, 9), ramp([2, 3, 5, 7], 0, 1, 3)], attrs: { divisor: 12 } }],
);

/** Sum of (prediction - target)^2 / divisor, a scalar of shape []. @throws ShapeError */
export const sumMse = (prediction: Tensor, target: Tensor, divisor = 1): Tensor =>
  sumMseOp.apply([prediction, target], { divisor });
/** Binary cross-entropy of probabilities summed / divisor, a scalar of shape []. @throws ShapeError */
export const bceProb = (probability: Tensor, target: Tensor, divisor = 1): Tensor =>
  bceProbOp.apply([probability, target], { divisor });
/** Binary cross-entropy of logits summed / divisor, a scalar of shape []. @throws ShapeError */
export const bceLogits = (logits: Tensor, target: Tensor, divisor = 1): Tensor =>
  bceLogitsOp.apply([logits, target], { divisor });
