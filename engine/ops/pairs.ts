import type { Kernel } from "../../kernels/index";
import {
  coordinates,
  mapNd,
  type Nd,
  type NoAttrs,
  nd,
  type OpSpec,
  perElement,
  perFour,
  planWalk,
  ramp,
  type Sample,
  type Shape,
  sameShape,
  type Tensor,
  type VjpContext,
} from "../core/index";
import type { Params } from "../device/index";
import { broadcastShape, broadcastStrides, sumTo } from "./broadcast";

/** Two operands that broadcast to y's shape, and for a gradient (`WRT`) gy of that shape. */
interface Operands extends Readonly<Record<string, Tensor>> {
  a: Tensor;
  b: Tensor;
}

/** Runs a kernel that includes kernels/include/pairs.wgsl; outside the tape. */
export function pairwise(kernel: Kernel, params: Params, operands: Operands, y: Tensor): Tensor {
  const { a, b } = operands;
  const all = { WRT: 0, ...params };
  if (sameShape(a.shape, y.shape) && sameShape(b.shape, y.shape)) {
    return perFour(kernel, y, { params: { ...all, FLAT: 1 }, bindings: operands });
  }
  const [aStrides, bStrides] = [broadcastStrides(a.shape, y.shape), broadcastStrides(b.shape, y.shape)];
  const walk = planWalk(kernel.name, y.shape, aStrides, bStrides);
  return perElement(kernel, y, {
    params: { ...all, FLAT: 0, ...walk.params },
    uniforms: walk.uniforms,
    bindings: operands,
  });
}

/** The kernel's gradient by operand `i`, summed over the axes along which it had been repeated. */
function pairwiseGradient(kernel: Kernel, params: Params, i: number, c: VjpContext<NoAttrs>): Tensor {
  const { gy, input, shapes, out } = c;
  const run = (y: Tensor) => pairwise(kernel, { ...params, WRT: i + 1 }, { a: input(0), b: input(1), gy }, y);
  const alone = sameShape(shapes[i], gy.shape);
  return alone ? run(out(shapes[i])) : sumTo(run(gy.gpu.empty(gy.shape)), out(shapes[i]));
}

/** An elementwise op of two operands, with NumPy's broadcasting: all but its vjp and what that reads. */
export const broadcasting = (
  name: string,
  kernel: Kernel,
  params: Params,
  f: (a: number, b: number) => number,
): Omit<OpSpec<NoAttrs>, "vjp"> => ({
  name,
  shape: ([a, b]) => broadcastShape(name, a, b),
  forward: (_, [a, b], y) => void pairwise(kernel, params, { a, b }, y),
  reference: ([a, b]) => broadcastReference(a, b, f),
  samples: broadcastSamples,
  badShapes: [
    { shapes: [[3], [4]], attrs: {} },
    { shapes: [[2, 3], [2]], attrs: {} },
  ],
});

/** The same with the gradients that the kernel itself has, from both operands. */
export const broadcastingWithGradients = (...[name, kernel, params, f]: Parameters<typeof broadcasting>) => ({
  ...broadcasting(name, kernel, params, f),
  saves: { inputs: [0, 1] },
  vjp: (_: unknown, i: number, c: VjpContext<NoAttrs>) => pairwiseGradient(kernel, params, i, c),
});

/** f of two arrays that broadcast, in float64. */
export function broadcastReference(a: Nd, b: Nd, f: (a: number, b: number) => number): Nd {
  const y = nd(broadcastShape("reference", a.shape, b.shape));
  const [as, bs] = [broadcastStrides(a.shape, y.shape), broadcastStrides(b.shape, y.shape)];
  const at = (where: number[], strides: number[]) => where.reduce((sum, c, d) => sum + c * strides[d], 0);
  return mapNd(y, (_, i) => {
    const where = coordinates(y.shape, i);
    return f(a.data[at(where, as)], b.data[at(where, bs)]);
  });
}

function broadcastSamples(): Sample<NoAttrs>[] {
  const pairs: [Shape, Shape][] = [
    [
      [2, 3, 5],
      [2, 3, 5],
    ],
    [
      [2, 3, 4, 5],
      [3, 1, 1],
    ],
    [[7], []],
    [
      [3, 1, 2],
      [1, 4, 1],
    ],
    [
      [2, 1, 3, 1, 2, 1],
      [1, 2, 1, 2, 1, 3],
    ],
    [[1], [2, 1, 3]],
  ];
  // b stays clear of 0, where a quotient's finite differences would not hold.
  return pairs.map(([a, b]) => ({ inputs: [ramp(a, -1, 1, 1), ramp(b, 0.5, 2, 2)], attrs: {} }));
}
