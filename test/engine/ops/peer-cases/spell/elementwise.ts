import type { Tensor } from "../../../../../engine/core/tensor";
import {
  abs,
  add,
  addScalar,
  div,
  exp,
  log,
  mean,
  neg,
  relu,
  scale,
  square,
  sub,
} from "../../../../../engine/ops/index";

export const reciprocal = (x: Tensor): Tensor => div(1, x);
export const variance = (x: Tensor, axes: readonly number[] | null = null, keepdims = false): Tensor =>
  mean(square(sub(x, mean(x, axes, true))), axes, keepdims);

/** max(x, 0) + e^min(x, 0) - 1 */
export const elu = (x: Tensor, alpha = 1): Tensor => add(relu(x), scale(addScalar(exp(neg(relu(neg(x)))), -1), alpha));

/** log(1 + e^x), without overflow. */
export const softplus = (x: Tensor): Tensor => add(relu(x), log(addScalar(exp(neg(abs(x))), 1)));
