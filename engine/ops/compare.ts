import { kernels } from "../../kernels/index";
import { defineOp, type NoAttrs, type Tensor } from "../core/index";
import { apply, type Operand } from "./operands";
import { broadcastingWithGradients, pairwise } from "./pairs";

/** Which `OP` of kernels/compare.wgsl. */
const LARGER = 0;
const SMALLER = 1;
const EQUAL = 2;
const WHERE_SET = 3;
const WHERE_UNSET = 4;

/** y = 1 where a = b, else 0; outside the tape, with broadcasting. */
export const equal = (a: Tensor, b: Tensor, y: Tensor): Tensor => pairwise(kernels.compare, { OP: EQUAL }, { a, b }, y);

/** y = a where the condition is `set` (not 0), else 0; outside the tape, with broadcasting. */
export const keepWhere = (condition: Tensor, set: boolean, a: Tensor, y: Tensor): Tensor =>
  pairwise(kernels.compare, { OP: set ? WHERE_SET : WHERE_UNSET }, { a, b: condition }, y);

/** The larger of a and b, with NumPy's broadcasting; of a tie each gets half the gradient, and NaN propagates. */
export const maximumOp = defineOp<NoAttrs>(
  broadcastingWithGradients("maximum", kernels.compare, { OP: LARGER }, Math.max),
);

/** The smaller of a and b, with NumPy's broadcasting; of a tie each gets half the gradient, and NaN propagates. */
export const minimumOp = defineOp<NoAttrs>(
  broadcastingWithGradients("minimum", kernels.compare, { OP: SMALLER }, Math.min),
);

/** The larger of a and b, elementwise with NumPy's broadcasting; one of them may be a number. @throws ShapeError */
export const maximum = (a: Operand, b: Operand): Tensor => apply(maximumOp, [a, b], {});
/** The smaller of a and b, elementwise with NumPy's broadcasting; one of them may be a number. @throws ShapeError */
export const minimum = (a: Operand, b: Operand): Tensor => apply(minimumOp, [a, b], {});
