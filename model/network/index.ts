/** The network: VGG19 features and the six-stage cascade, in any width; chains of layers, of which others can be built. */

export { type ChainOptions, chainRunner, type Layer, POOL, type RunChain } from "./chain";
export { applyConv, type ConvSpec, conv, parameterSpecs } from "./layers";
export {
  type Architecture,
  Network,
  type NetworkOutput,
  type NetworkSpec,
  networkParameters,
  type Precision,
  stagesOf,
} from "./network";
export { STRIDE, vggBlocks, vggLayers } from "./vgg19";
export { FULL_WIDTHS, scaleWidths, type Widths } from "./widths";
