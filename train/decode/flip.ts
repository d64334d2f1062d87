import { add, concat, matmul, slice, type Tensor } from "../../engine/index";
import type { Skeleton } from "../../masks/index";
import type { Network } from "../../model/network/index";

/**
 * Test-time flip: confidence maps averaged over the image and its mirror image, where a joint is its partner: a left eye is
 * the right one. A mirrored hand is a hand of the other side with the same joints, so no channels are swapped. The network
 * must have been trained on both sides.
 *
 * The mirror image is moved so that its maps fall on the image's own cells. Cell k stands for pixel 8k; mirrored as it
 * is (pixel i to S - 1 - i) a label p / 8 would become S / 8 - 1 / 8 - p / 8, an eighth of a cell off any cell. Pixel i
 * to S - i makes it S / 8 - p / 8: cell k to S / 8 - k. What would be pixel S repeats its neighbour; cell 0 has no
 * partner and keeps the image's own value.
 *
 * @param skeleton whose J joints the network finds
 * @param image [B, 3, S, S]
 * @returns [B, J, S / 8, S / 8], to be called without recording
 */
export function flippedHeatmaps(network: Network, skeleton: Skeleton, image: Tensor): Tensor {
  const { gpu } = network;
  return gpu.scope(() => {
    const own = network.forward(image).heatmaps.at(-1)!;
    const side = image.shape[3];
    const mirrored = matmul(
      image,
      square(image, side, (from, to) => (from === Math.min(side - to, side - 1) ? 1 : 0)),
    );
    const other = withPartners(skeleton, network.forward(mirrored).heatmaps.at(-1)!);
    const cells = own.shape[3];
    const keep = square(own, cells, (from, to) => (from === to ? (to === 0 ? 1 : 0.5) : 0));
    const back = square(own, cells, (from, to) => (to > 0 && from === cells - to ? 0.5 : 0));
    return add(matmul(own, keep), matmul(other, back));
  });
}

/** The maps [B, J, h, w] with each joint's in its partner's place. */
function withPartners({ joints }: Skeleton, maps: Tensor): Tensor {
  if (joints.every(({ mirror }, j) => mirror === j)) return maps;
  const swapped = joints.map(({ mirror }) => slice(maps, 1, mirror, mirror + 1));
  return concat(swapped, 1);
}

/** A [size, size] matrix on the tensor's GPU that takes column `from` of its left factor to column `to`. */
function square({ gpu }: Tensor, size: number, weight: (from: number, to: number) => number): Tensor {
  return gpu.tensor(
    Float32Array.from({ length: size * size }, (_, i) => weight(Math.floor(i / size), i % size)),
    [size, size],
  );
}
