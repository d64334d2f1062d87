import { kernels } from "../../kernels/index";
import {
  defineOp,
  mapNd,
  type NoAttrs,
  nd,
  type Op,
  perElement,
  ramp,
  type Sample,
  type Saves,
  type Tensor,
} from "../core/index";

/** An elementwise function, FN `fn` of kernels/math.wgsl, whose gradient reads what `saves` names. */
function defineFunction(
  name: string,
  fn: number,
  f: (v: number) => number,
  saves: Saves,
  samples: () => Sample<NoAttrs>[],
): Op<NoAttrs> {
  return defineOp<NoAttrs>({
    name,
    shape: ([x]) => x,
    forward: (_, [x], y) => void perElement(kernels.math, y, { params: { FN: fn, GRAD: 0 }, bindings: { x } }),
    saves,
    vjp(_, __, { gy, input, output, out }) {
      const z = saves.output ? output() : input(0);
      return perElement(kernels.math, out(gy.shape), { params: { FN: fn, GRAD: 1 }, bindings: { x: gy, z } });
    },
    reference: ([x]) => mapNd(x, f),
    samples,
  });
}

/** e^x, elementwise. d/dx = gy y. */
export const expOp = defineFunction("exp", 0, Math.exp, { output: true }, () => [
  { inputs: [ramp([2, 3, 5], -3, 3)], attrs: {} },
  { inputs: [nd([3], [-90, -20, 0])], attrs: {} },
]);

/** Natural logarithm, elementwise: -infinity at 0, NaN below. d/dx = gy / x. */
export const logOp = defineFunction("log", 1, Math.log, { inputs: [0] }, () => [
  { inputs: [ramp([2, 3, 5], 0.1, 5)], attrs: {} },
]);

/** Square root, elementwise: NaN below 0. d/dx = gy / (2 y). */
export const sqrtOp = defineFunction("sqrt", 2, Math.sqrt, { output: true }, () => [
  { inputs: [ramp([2, 3, 5], 0.1, 5)], attrs: {} },
]);

/** Hyperbolic tangent, elementwise, without overflow. d/dx = gy (1 - y^2). */
export const tanhOp = defineFunction("tanh", 3, Math.tanh, { output: true }, () => [
  { inputs: [ramp([2, 3, 5], -3, 3)], attrs: {} },
  { inputs: [nd([6], [-200, -0.31, -1e-4, 0, 0.32, 200])], attrs: {} },
]);

/** |x|, elementwise. d/dx = gy sign(x), 0 at 0. */
export const absOp = defineFunction("abs", 4, Math.abs, { inputs: [0] }, () => [
  { inputs: [ramp([2, 3, 5])], attrs: {} },
  { inputs: [nd([], [-3])], attrs: {} },
]);

/** x^2, elementwise. d/dx = 2 gy x. */
export const squareOp = defineFunction(
  "square",
  5,
  (v) => v * v,
  { inputs: [0] },
  () => [
    { inputs: [ramp([2, 3, 5])], attrs: {} },
    { inputs: [nd([], [-3])], attrs: {} },
  ],
);

/** e^x */
export const exp = (x: Tensor): Tensor => expOp.apply([x], {});
/** Natural logarithm. */
export const log = (x: Tensor): Tensor => logOp.apply([x], {});
/** Square root. */
export const sqrt = (x: Tensor): Tensor => sqrtOp.apply([x], {});
/** Hyperbolic tangent. */
export const tanh = (x: Tensor): Tensor => tanhOp.apply([x], {});
/** |x| */
export const abs = (x: Tensor): Tensor => absOp.apply([x], {});
/** x^2 */
export const square = (x: Tensor): Tensor => squareOp.apply([x], {});
