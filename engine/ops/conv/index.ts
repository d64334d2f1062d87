/** Convolution: its geometry, the families of kernels that compute it, and the choice between them. */

export type { Conv2dAttrs, LaidOutConvAttrs } from "./attrs";
export {
  type Adapter,
  asOneRow,
  broadcastLanes,
  type ConvGeometry,
  type ConvSample,
  type Cost,
  convGeometry,
  marginsPay,
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
export { forward, gradientByInput, gradientByWeights, gradientLayout } from "./passes";
export { type ConvPlan, choicesFor, passesOf, pickConvPlan } from "./plan";
export { conv2dReference } from "./reference";
export { type ConvTable, convTable, geometryOf, planConv, shapeKey, useConvTable } from "./tuning";
