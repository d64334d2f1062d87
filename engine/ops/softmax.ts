import { kernels } from "../../kernels/index";
import { defineOp, mapNd, type Nd, type Op, perElement, ramp, type Shape, type Tensor } from "../core/index";
import { resolveAxis, splitAt } from "./reduction";

export interface SoftmaxAttrs {
  axis: number;
}

/** The softmax (LOG 0 of kernels/softmax.wgsl) or its logarithm, from each value's difference to its row's largest. */
function defineSoftmax(name: string, log: 0 | 1, f: (difference: number, sum: number) => number): Op<SoftmaxAttrs> {
  const launch = (gradient: 0 | 1, bindings: Record<string, Tensor>, y: Tensor, axis: number): Tensor => {
    const { outer, n, inner } = splitAt(y.shape, resolveAxis(name, axis, y.shape));
    return perElement(kernels.softmax, y, {
      params: { LOG: log, GRAD: gradient },
      counter: "count",
      count: outer * inner,
      uniforms: { n, inner },
      bindings,
    });
  };
  return defineOp<SoftmaxAttrs>({
    name,
    shape([x], { axis }) {
      resolveAxis(name, axis, x);
      return x;
    },
    forward: (_, [x], y, { axis }) => void launch(0, { x }, y, axis),
    saves: { output: true },
    vjp: (_, __, { gy, output, attrs, out }) => launch(1, { x: gy, z: output() }, out(gy.shape), attrs.axis),
    reference([x], { axis }) {
      const { differences, sums, rowOf } = rowsOf(x, resolveAxis(name, axis, x.shape));
      return mapNd(differences, (d, i) => f(d, sums[rowOf(i)]));
    },
    samples: () => [
      { inputs: [ramp([2, 5, 3], -3, 3)], attrs: { axis: 1 } },
      { inputs: [ramp([4, 7], -40, 40)], attrs: { axis: -1 } },
      { inputs: [ramp([3, 2], 95, 100)], attrs: { axis: 0 } },
    ],
    badShapes: [{ shapes: [[2, 3]], attrs: { axis: 2 } }],
  });
}

/** y = exp(x - max) / sum of exp(x - max) along one axis. d/dx = y (gy - sum of gy y). */
export const softmaxOp = defineSoftmax("softmax", 0, (difference, sum) => Math.exp(difference) / sum);

/** y = x - max - log of the sum of exp(x - max) along one axis: finite where the softmax rounds to 0. d/dx = gy - exp(y) sum of gy. */
export const logSoftmaxOp = defineSoftmax("logSoftmax", 1, (difference, sum) => difference - Math.log(sum));

/** In float64: each value's difference to its row's largest, each row's sum of their exponentials, and which row a value is in. */
export function rowsOf(x: Nd, axis: number) {
  const rowOf = rowIndex(x.shape, axis);
  const most: number[] = [];
  x.data.forEach((v, i) => {
    most[rowOf(i)] = Math.max(most[rowOf(i)] ?? v, v);
  });
  const differences = mapNd(x, (v, i) => v - most[rowOf(i)]);
  const sums = most.map(() => 0);
  differences.data.forEach((d, i) => {
    sums[rowOf(i)] += Math.exp(d);
  });
  return { differences, sums, rowOf };
}

/** Which row along `axis` an element is in, counted in row-major order of the other axes. */
function rowIndex(shape: Shape, axis: number): (i: number) => number {
  const { n, inner } = splitAt(shape, axis);
  return (i) => Math.floor(i / (n * inner)) * inner + (i % inner);
}

/**
 * Softmax along `axis` (from the end where negative; the last by default). As PyTorch's: -infinity becomes 0, a row that
 * holds infinity or NaN, or nothing but -infinity, NaN throughout. @throws ShapeError
 */
export const softmax = (x: Tensor, axis = -1): Tensor => softmaxOp.apply([x], { axis });
/** The softmax's logarithm along `axis`, exact also where the softmax rounds to 0; edges as softmax's. @throws ShapeError */
export const logSoftmax = (x: Tensor, axis = -1): Tensor => logSoftmaxOp.apply([x], { axis });
