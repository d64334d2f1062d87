/** Convolution: its geometry, the families of kernels that compute it, and the choice between them. */

export type { Conv2dAttrs } from "./attrs";
export {
  type Adapter,
  asOneRow,
  asPadded,
  broadcastLanes,
  type ConvGeometry,
  type ConvSample,
  type Cost,
  convGeometry,
  cropImage,
  layoutOf,
  marginsPay,
  type Padded,
  type PaddedGradient,
  padCopy,
  paddedShape,
  padImage,
  padInto,
  planeLayout,
  type WindowAttrs,
} from "./common/index";
export {
  type ConvPass,
  type ConvVariantName,
  convKernels,
  type DwPass,
  type Family,
  families,
  familyOf,
} from "./families/index";
export { cropPadded, joinPadded } from "./pad-reference";
export { forward, gradientByInput, gradientByWeights, gradientPadding } from "./passes";
export { type ConvPlan, choicesFor, passesOf, pickConvPlan } from "./plan";
export { conv2dReference } from "./reference";
export { type ConvTable, convTable, geometryOf, planConv, shapeKey, useConvTable } from "./tuning";
