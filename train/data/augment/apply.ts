import { type Gpu, ShapeError, type Tensor } from "../../../engine/index";
import { kernels } from "../../../kernels/index";
import { BLACK, WHITE } from "../index";
import type { Change } from "./change";
import { CHANGE_FLOATS, packChange } from "./pack";

/**
 * Changes a batch of normalised images in one dispatch.
 *
 * @param source [B, 3, S, S]
 * @param images [B, 3, S, S], another tensor; every value is written
 * @throws ShapeError where the tensors are of other shapes or there is not one change for each image
 */
export function augmentImages(gpu: Gpu, source: Tensor, images: Tensor, changes: readonly Change[]): void {
  const [batch, channels, height, width] = source.shape;
  const fits = source.shape.length === 4 && channels === 3 && height === width && batch === changes.length;
  if (!fits || source.shape.join() !== images.shape.join()) {
    throw new ShapeError("augment", `needs two [${changes.length}, 3, S, S]`, [source.shape, images.shape]);
  }
  const n = batch * height * width;
  const packed = changes.flatMap((change) => packChange(change, width));
  gpu.scope(() => {
    gpu.dispatch({
      kernel: kernels.augment,
      uniforms: { n, size: width, black: [...BLACK, 0], white: [...WHITE, 0] },
      bindings: { source, changes: gpu.tensor(packed, [batch, CHANGE_FLOATS]), images },
      workgroups: gpu.grid(n, 64),
    });
  });
}
