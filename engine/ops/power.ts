import { kernels } from "../../kernels/index";
import { defineOp, type NoAttrs, nd, ramp, type Tensor } from "../core/index";
import { apply, type Operand } from "./operands";
import { broadcastingWithGradients } from "./pairs";

/**
 * x^exponent, with NumPy's broadcasting. d/dx = gy exponent x^(exponent - 1), 0 where the exponent is 0; d/dexponent = gy y log x,
 * 0 where x is 0 and the exponent 0 or more; all as PyTorch's.
 */
export const powOp = defineOp<NoAttrs>({
  ...broadcastingWithGradients("pow", kernels.power, {}, (x, exponent) => x ** exponent),
  samples: () => [
    { inputs: [ramp([2, 3, 5], 0.1, 3, 1), ramp([2, 3, 5], -3, 3, 2)], attrs: {} },
    { inputs: [ramp([2, 3, 4, 5], 0.9, 1.1, 1), ramp([3, 1, 1], 20, 90, 2)], attrs: {} },
    { inputs: [ramp([7], -3, 3, 1), nd([], [3])], attrs: {}, differentiable: [0] },
    { inputs: [ramp([7], -3, 3, 1), nd([], [-2])], attrs: {}, differentiable: [0] },
    { inputs: [ramp([5, 1], -2, 2, 1), nd([4], [0, 1, 2, 5])], attrs: {}, differentiable: [0] },
    { inputs: [nd([], [2]), ramp([3, 2], -4, 4, 2)], attrs: {} },
  ],
});

/** x^exponent, elementwise with NumPy's broadcasting; one of them may be a number. @throws ShapeError */
export const pow = (x: Operand, exponent: Operand): Tensor => apply(powOp, [x, exponent], {});
