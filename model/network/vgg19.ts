import { type Layer, POOL } from "./chain";
import { type ConvSpec, conv } from "./layers";
import type { Widths } from "./widths";

/** Convolutions in each of VGG19's first four blocks (Simonyan & Zisserman, ICLR 2015). */
const BLOCKS = [2, 2, 4, 4] as const;

/** The networks' stride: a map has a cell for every 8 x 8 pixels of the image, since three poolings lie between the blocks. */
export const STRIDE = 2 ** (BLOCKS.length - 1);

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

/** The blocks as a chain's segments: VGG19's features of an image, an eighth of its height and width. */
export const vggLayers = (widths: Widths): Layer[][] =>
  vggBlocks(widths).map((convs, i) => (i < BLOCKS.length - 1 ? [...convs, POOL] : convs));
