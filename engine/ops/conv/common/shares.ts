import { kernels } from "../../../../kernels/index";
import type { Tensor } from "../../../core/index";

/** The nearest number of shares, at most `shares`, that leaves none empty when each but the last has as many as the first. */
export function evenShares(total: number, shares: number): number {
  const some = Math.max(1, Math.min(total, shares));
  return Math.ceil(total / Math.ceil(total / some));
}

/**
 * A gradient by weights in two passes: `dispatch` writes partial sums over `splits` shares of the reduction into
 * [splits, ...dw.shape], and these are added in a fixed order. One share is written straight into dw.
 */
export function sumShares(dw: Tensor, splits: number, dispatch: (part: Tensor) => void): void {
  if (splits === 1) {
    dispatch(dw);
    return;
  }
  const { gpu } = dw;
  const part = gpu.empty([splits, ...dw.shape]);
  dispatch(part);
  const uniforms = { n: dw.size, splits };
  gpu.dispatch({ kernel: kernels.conv_sum, uniforms, bindings: { part, dw }, workgroups: gpu.grid(dw.size, 256) });
  part.dispose();
}
