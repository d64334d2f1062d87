import { coordinates, mapNd, type Nd, nd } from "../../core/index";
import { layoutOf, type Padded, paddedShape } from "./common/index";

/** Images joined along the channels, a margin of zeros around each, as `joinWithMargin` lays them out. */
export function joinPadded(inputs: readonly Nd[], margin: number): Nd {
  const [batch, , height, width] = inputs[0].shape;
  const { top, left } = layoutOf({ height, width, margin });
  const channels = inputs.reduce((sum, x) => sum + x.shape[1], 0);
  const y = nd(paddedShape(batch, channels, { height, width, margin }));
  return mapNd(y, (_, i) => {
    const [n, channel, r, q] = coordinates(y.shape, i);
    const [row, column] = [r - top, q - left];
    if (row < 0 || row >= height || column < 0 || column >= width) return 0;
    let [k, c] = [0, channel];
    for (; c >= inputs[k].shape[1]; k++) c -= inputs[k].shape[1];
    return inputs[k].data[((n * inputs[k].shape[1] + c) * height + row) * width + column];
  });
}

/** The images in the middle of padded ones. */
export function cropPadded(x: Nd, images: Padded): Nd {
  const { rows, pitch, top, left } = layoutOf(images);
  const y = nd([x.shape[0], x.shape[1], images.height, images.width]);
  return mapNd(y, (_, i) => {
    const [n, c, row, column] = coordinates(y.shape, i);
    return x.data[((n * x.shape[1] + c) * rows + row + top) * pitch + column + left];
  });
}
