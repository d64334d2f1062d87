import { kernels } from "../../kernels/index";
import { defineOp, nd, perElement, ramp, type Shape, sameShape, type Tensor } from "../core/index";
import { ShapeError } from "../errors/index";
import { resolveAxis, splitAt, sumMiddle } from "./reduction";
import { rowsOf } from "./softmax";

export interface CrossEntropyAttrs {
  /** The sum is divided by this constant. */
  divisor: number;
  /** The axis of the classes. */
  axis: number;
}

/** Whether the targets are classes, one a row, or else probabilities, one a logit. @throws ShapeError where they are neither */
function areClasses([logits, targets]: readonly Shape[], wanted: number): boolean {
  const axis = resolveAxis("crossEntropy", wanted, logits);
  if (sameShape(targets, logits)) return false;
  if (sameShape(targets, logits.toSpliced(axis, 1))) return true;
  const why = `the targets are probabilities in the logits' shape, or classes in that shape without axis ${axis}`;
  throw new ShapeError("crossEntropy", why, [logits, targets]);
}

/** Which `WRT` of kernels/cross_entropy.wgsl. */
const LOSS = 0;

function launch(wrt: number, classes: boolean, y: Tensor, bindings: Record<string, Tensor>, attrs: CrossEntropyAttrs) {
  const { x } = bindings;
  const { outer, n, inner } = splitAt(x.shape, resolveAxis("crossEntropy", attrs.axis, x.shape));
  return perElement(kernels.cross_entropy, y, {
    params: { CLASSES: Number(classes), WRT: wrt },
    counter: "count",
    count: outer * inner,
    uniforms: { n, inner, ...(wrt !== LOSS && { factor: 1 / attrs.divisor }) },
    bindings,
  });
}

/**
 * A loss [] = sum over the rows along one axis of -sum of targets log softmax(logits) / divisor: PyTorch's
 * `cross_entropy(reduction="sum")`, divided, with probabilities or classes for targets. In one pass and without overflow,
 * whatever the logits. d/dlogits = softmax sum of targets - targets, d/dtargets = -log softmax.
 */
export const crossEntropyOp = defineOp<CrossEntropyAttrs>({
  name: "crossEntropy",
  shape(shapes, { axis }) {
    areClasses(shapes, axis);
    return [];
  },
  forward(gpu, [x, t], y, attrs) {
    const classes = areClasses([x.shape, t.shape], attrs.axis);
    const { outer, inner } = splitAt(x.shape, resolveAxis("crossEntropy", attrs.axis, x.shape));
    const losses = launch(LOSS, classes, gpu.empty([outer * inner]), { x, t }, attrs);
    sumMiddle(losses, 1, outer * inner, 1, y, 1 / attrs.divisor);
  },
  saves: { inputs: [0, 1] },
  vjp(_, i, { gy, input, shapes, attrs, out }) {
    const classes = areClasses(shapes, attrs.axis);
    if (classes && i === 1) throw new Error("crossEntropy: classes have no gradient");
    const x = input(0);
    return launch(i + 1, classes, out(shapes[i]), i === 0 ? { x, t: input(1), gy } : { x, gy }, attrs);
  },
  reference([x, t], { divisor, axis }) {
    const classes = areClasses([x.shape, t.shape], axis);
    const { n, inner } = splitAt(x.shape, resolveAxis("crossEntropy", axis, x.shape));
    const { differences, sums, rowOf } = rowsOf(x, resolveAxis("crossEntropy", axis, x.shape));
    const weight = (i: number) => (classes ? Number(t.data[rowOf(i)] === Math.floor(i / inner) % n) : t.data[i]);
    return nd([], [differences.data.reduce((s, d, i) => s - weight(i) * (d - Math.log(sums[rowOf(i)])), 0) / divisor]);
  },
  samples: () => [
    { inputs: [ramp([5, 7], -3, 3), ramp([5, 7], 0, 1, 3)], attrs: { divisor: 5, axis: -1 } },
    { inputs: [ramp([2, 3, 5], -60, 60), ramp([2, 3, 5], 0, 1, 3)], attrs: { divisor: 1, axis: 1 } },
    { inputs: [ramp([3, 4], -3, 3), nd([3], [2, 0, 3])], attrs: { divisor: 3, axis: -1 }, differentiable: [0] },
    {
      inputs: [ramp([2, 3, 2], -60, 60), nd([2, 2], [2, 0, 1, 1])],
      attrs: { divisor: 1, axis: 1 },
      differentiable: [0],
    },
    { inputs: [ramp([4], -3, 3), nd([], [2])], attrs: { divisor: 2, axis: 0 }, differentiable: [0] },
  ],
  badShapes: [
    {
      shapes: [
        [2, 3],
        [3, 2],
      ],
      attrs: { divisor: 1, axis: -1 },
    },
    { shapes: [[2, 3], [3]], attrs: { divisor: 1, axis: -1 } },
    { shapes: [[2, 3], [2]], attrs: { divisor: 1, axis: 2 } },
  ],
});

/**
 * Cross-entropy of logits summed over all rows along `axis` (the last by default) / divisor, a scalar of shape [].
 * @param targets probabilities in the shape of the logits; or each row's class, a whole number from 0 on as float32, in that
 *   shape without the axis. Class -100 leaves its row out, as PyTorch's `ignore_index`; any other that there is not is NaN.
 * @throws ShapeError
 */
export const crossEntropy = (logits: Tensor, targets: Tensor, divisor = 1, axis = -1): Tensor =>
  crossEntropyOp.apply([logits, targets], { divisor, axis });
