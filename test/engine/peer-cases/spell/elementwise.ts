import { add, addScalar, div, exp, log, mean, mul, neg, relu, scale, sub } from "../../../../engine/ops/index";
import type { Tensor } from "../../../../engine/tensor";
import { filled } from "./shapes";

export const square = (x: Tensor): Tensor => mul(x, x);
export const reciprocal = (x: Tensor): Tensor => div(filled(x, [], 1), x);
export const magnitude = (x: Tensor): Tensor => add(relu(x), relu(neg(x)));
export const variance = (x: Tensor, axes: readonly number[] | null = null, keepdims = false): Tensor =>
  mean(square(sub(x, mean(x, axes, true))), axes, keepdims);

/** max(x, 0) + e^min(x, 0) - 1 */
export const elu = (x: Tensor, alpha = 1): Tensor => add(relu(x), scale(addScalar(exp(neg(relu(neg(x)))), -1), alpha));

/** log(1 + e^x), without overflow. */
export const softplus = (x: Tensor): Tensor => add(relu(x), log(addScalar(exp(neg(magnitude(x))), 1)));
