import type { Parameters, Tensor } from "../../engine/index";
import type { Padded } from "../../engine/ops/index";
import { applyAll, type ConvSpec, conv, halve, plainImages, replace } from "./layers";
import type { Widths } from "./widths";

/** Convolutions in each of VGG19's first four blocks (Simonyan & Zisserman, ICLR 2015). */
const BLOCKS = [2, 2, 4, 4] as const;

/**
 * VGG19 through relu4_4, as blocks with a 2x2 pooling between them, then conv5_1..conv5_3, which bring the features to
 * `widths.feat` channels. Names are the original's: `vgg19.backbone.N` with torchvision's numbering, where each
 * convolution, ReLU and pooling counts one.
 */
export function vggBlocks(widths: Widths): ConvSpec[][] {
  let index = 0;
  let channels = 3;
  const blocks = BLOCKS.map((convs, block) => {
    const specs: ConvSpec[] = [];
    for (let i = 0; i < convs; i++) {
      specs.push(conv(`vgg19.backbone.${index}`, channels, widths.vgg[block], 3));
      channels = widths.vgg[block];
      index += 2; // the convolution and its ReLU
    }
    index += 1; // the pooling
    return specs;
  });
  const last = [
    conv("vgg19.conv5_1", channels, channels, 3),
    conv("vgg19.conv5_2", channels, channels, 3),
    conv("vgg19.conv5_3", channels, widths.feat, 3),
  ];
  blocks[BLOCKS.length - 1].push(...last);
  return blocks;
}

/**
 * One block of the backbone and the pooling that follows it, where another block does. [B, C, H, W]
 * @param images how x's lie, and all results of the block but the last one's
 */
export function vggBlock(
  parameters: Parameters,
  convs: readonly ConvSpec[],
  x: Tensor,
  last: boolean,
  images: Padded = plainImages(x),
): Tensor {
  const y = applyAll(parameters, convs, x, { input: images, margin: last ? 0 : images.margin });
  return last ? y : replace(y, halve(y, images), x);
}
