import { kernels } from "../../kernels/index";
import { coordinates, nd, ramp } from "../nd";
import { sizeOf, type Tensor } from "../tensor";
import { perElement } from "./launch";
import { defineOp } from "./op";
import { resolveAxis } from "./reduction";

export interface SoftmaxAttrs {
  axis: number;
}

/** y = exp(x - max) / sum of exp(x - max) along one axis. d/dx = y (gy - sum of gy y). */
export const softmaxOp = defineOp<SoftmaxAttrs>({
  name: "softmax",
  shape([x], { axis }) {
    resolveAxis("softmax", axis, x);
    return x;
  },
  forward: (_, [x], y, attrs) => void launch(0, { x }, y, attrs),
  saves: { output: true },
  vjp: (_, __, { gy, output, attrs, out }) => launch(1, { x: gy, z: output() }, out(gy.shape), attrs),
  reference([x], attrs) {
    const axis = resolveAxis("softmax", attrs.axis, x.shape);
    const rowOf = (i: number) =>
      coordinates(x.shape, i)
        .filter((_, d) => d !== axis)
        .join();
    const sums = new Map<string, number>();
    x.data.forEach((v, i) => {
      sums.set(rowOf(i), (sums.get(rowOf(i)) ?? 0) + Math.exp(v));
    });
    return nd(
      x.shape,
      x.data.map((v, i) => Math.exp(v) / (sums.get(rowOf(i)) as number)),
    );
  },
  samples: () => [
    { inputs: [ramp([2, 5, 3], -3, 3)], attrs: { axis: 1 } },
    { inputs: [ramp([4, 7], -40, 40)], attrs: { axis: -1 } },
    { inputs: [ramp([3, 2], 95, 100)], attrs: { axis: 0 } },
  ],
  badShapes: [{ shapes: [[2, 3]], attrs: { axis: 2 } }],
});

function launch(gradient: 0 | 1, bindings: Record<string, Tensor>, y: Tensor, attrs: SoftmaxAttrs): Tensor {
  const axis = resolveAxis("softmax", attrs.axis, y.shape);
  const part = (from: number, to: number): number => sizeOf(y.shape.slice(from, to));
  const [outer, n, inner] = [part(0, axis), y.shape[axis], part(axis + 1, y.shape.length)];
  return perElement(kernels.softmax, y, {
    params: { GRAD: gradient },
    counter: "count",
    count: outer * inner,
    uniforms: { n, inner },
    bindings,
  });
}

/** Softmax along `axis` (from the end where negative; the last by default). @throws ShapeError */
export const softmax = (x: Tensor, axis = -1): Tensor => softmaxOp.apply([x], { axis });
