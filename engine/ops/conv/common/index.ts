/** What a family of convolution kernels is, and what families have in common: geometry, layouts of images, lanes, packing. */

export type { Adapter, ConvFamily, ConvSample, Cost, PaddedGradient, Pass, Passes } from "./family";
export { asOneRow, type ConvGeometry, convGeometry, type WindowAttrs } from "./geometry";
export { broadcastLanes, lanesToTry, usualLanes, usualWorkgroup, workgroupsToTry } from "./lanes";
export { forwardPacking, gradientPacking, type Packing } from "./packing";
export {
  asPadded,
  cropImage,
  layoutOf,
  marginsPay,
  type Padded,
  type Padding,
  padCopy,
  paddedShape,
  padImage,
  padInto,
  planeLayout,
  sameLayout,
} from "./pad";
export { roundUp } from "./round";
export { evenShares, sumShares } from "./shares";
export { aroundGradient, padInput, slides } from "./window";
export { BINDING, workspaceBytes } from "./workspace";
