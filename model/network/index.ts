/** The network: VGG19 features and the six-stage cascade, in any width. */

export {
  applyAll,
  applyConv,
  type ConvSpec,
  conv,
  halve,
  type Margins,
  parameterSpecs,
  plainImages,
  replace,
} from "./layers";
export {
  type Architecture,
  JOINTS,
  Network,
  type NetworkOutput,
  type NetworkSpec,
  networkParameters,
  type Precision,
  stagesOf,
} from "./network";
export { vggBlock, vggBlocks } from "./vgg19";
export { FULL_WIDTHS, scaleWidths, type Widths } from "./widths";
