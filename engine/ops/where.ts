import { kernels } from "../../kernels/index";
import {
  defineOp,
  gather,
  mapNd,
  type Nd,
  type NoAttrs,
  nd,
  perElement,
  ramp,
  type Shape,
  sameShape,
  type Tensor,
} from "../core/index";
import { broadcastShape, broadcastStrides, sumTo } from "./broadcast";
import { keepWhere } from "./compare";
import { apply, type Operand } from "./operands";
import { broadcastReference } from "./pairs";

const commonShape = ([condition, a, b]: readonly Shape[]): Shape =>
  broadcastShape("where", condition, broadcastShape("where", a, b));

/** A tensor as kernels/where.wgsl takes it: of the full shape, or one element. */
function spread(t: Tensor, shape: Shape): Tensor {
  if (t.size === 1 || sameShape(t.shape, shape)) return t;
  return gather("where", t, { strides: broadcastStrides(t.shape, shape) }, t.gpu.empty(shape));
}

/** y = a where the condition is not 0, else b. gy goes to the one that was taken, none to the condition. */
export const whereOp = defineOp<NoAttrs>({
  name: "where",
  shape: commonShape,
  forward(_, inputs, y) {
    const [condition, a, b] = inputs.map((t) => spread(t, y.shape));
    const step = (t: Tensor) => Math.min(1, t.size - 1);
    perElement(kernels.where, y, {
      uniforms: { conditionStep: step(condition), aStep: step(a), bStep: step(b) },
      bindings: { condition, a, b },
    });
  },
  saves: { inputs: [0] },
  vjp(gpu, i, { gy, input, shapes, out }) {
    if (i === 0) throw new Error("where: the condition has no gradient");
    const whole = sameShape(shapes[i], gy.shape);
    const g = keepWhere(input(0), i === 1, gy, whole ? out(shapes[i]) : gpu.empty(gy.shape));
    return whole ? g : sumTo(g, out(shapes[i]));
  },
  reference([condition, a, b]) {
    const full = (x: Nd) => broadcastReference(x, nd(commonShape([condition.shape, a.shape, b.shape])), (v) => v);
    const [c, p, q] = [condition, a, b].map(full);
    return mapNd(c, (v, i) => (v !== 0 ? p.data[i] : q.data[i]));
  },
  samples: () => {
    const shapes: Shape[][] = [
      [
        [2, 3, 5],
        [2, 3, 5],
        [2, 3, 5],
      ],
      [[2, 1, 5], [3, 1], []],
      [[], [4], [3, 1]],
      [[7], [], [7]],
    ];
    const bits = (x: Nd) => mapNd(x, (v) => Number(v > 0.2));
    return shapes.map(([c, a, b]) => ({
      inputs: [bits(ramp(c)), ramp(a, -1, 1, 1), ramp(b, -1, 1, 2)],
      attrs: {},
      differentiable: [1, 2],
    }));
  },
  badShapes: [
    { shapes: [[3], [4], [4]], attrs: {} },
    { shapes: [[3], [3], [2]], attrs: {} },
  ],
});

/**
 * a where the condition is not 0, else b, elementwise with NumPy's broadcasting; a and b may be numbers. The condition gets no
 * gradient. @throws ShapeError
 */
export function where(condition: Tensor, a: Operand, b: Operand): Tensor {
  return apply(whereOp, [condition.requiresGrad ? condition.detach() : condition, a, b], {});
}
