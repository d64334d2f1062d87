/** What a family of convolution kernels is, and what families have in common: geometry, windows, lanes, packing. */

export type { Adapter, ConvFamily, ConvSample, Cost, Pass, Passes } from "./family";
export { asOneRow, type ConvGeometry, convGeometry, type WindowAttrs } from "./geometry";
export { broadcastLanes, lanesToTry, usualLanes, usualWorkgroup, workgroupsToTry } from "./lanes";
export { forwardPacking, gradientPacking, type Packing } from "./packing";
export { roundUp } from "./round";
export { evenShares, sumShares } from "./shares";
export { aroundGradient, marginsPay, slides, withZeros } from "./window";
export { BINDING, workspaceBytes } from "./workspace";
