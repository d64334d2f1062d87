/** Convolution: its geometry, the families of kernels that compute it, and the choice between them. */

export { choicesFor, convCandidates, dwCandidates } from "./candidates";
export { forward, gradientByInput, gradientByWeights, gradientPadding, type PaddedGradient } from "./families";
export { asOneRow, type Conv2dAttrs, type ConvGeometry, convGeometry } from "./geometry";
export {
  asPadded,
  cropImage,
  layoutOf,
  marginsPay,
  type Padded,
  padCopy,
  paddedShape,
  padImage,
  padInto,
  planeLayout,
} from "./pad";
export { cropPadded, joinPadded } from "./pad-reference";
export {
  broadcastLanes,
  type ConvPass,
  type ConvPlan,
  type ConvVariantName,
  type DwPass,
  isWinograd,
  isWinogradRows,
  pickConvPlan,
  SLIDE_TILES,
} from "./plan";
export { conv2dReference } from "./reference";
export { type ConvTable, convTable, geometryOf, planConv, shapeKey, useConvTable } from "./tuning";
