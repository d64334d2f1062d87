import type { Tensor } from "../../tensor";
import type { ConvGeometry } from "./geometry";
import type { ConvVariant } from "./variant";

/** What each family of convolution kernels can do. Results go into tensors that are there already. */
export interface ConvFamily {
  /** y = act(conv(x, w) + b); the bias may be missing. */
  forward(g: ConvGeometry, v: ConvVariant, inputs: readonly Tensor[], y: Tensor, relu: boolean): void;
  /**
   * The gradient of y in the layout that this family's `dx` and `dw` read: [n, co, rows, pitch] with zeros around it, pitch
   * a multiple of 4; masked by a fused ReLU's result.
   */
  gradient(g: ConvGeometry, v: ConvVariant, gy: Tensor, mask: Tensor | null): Tensor;
  /** Gradient by x. */
  dx(g: ConvGeometry, v: ConvVariant, dy: Tensor, w: Tensor, dx: Tensor): void;
  /** Gradient by w. */
  dw(g: ConvGeometry, v: ConvVariant, dy: Tensor, x: Tensor, dw: Tensor): void;
}
