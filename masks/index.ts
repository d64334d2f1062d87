/** Skeletons, the hand's above all, and the maps that a network is trained on, drawn on the GPU. One entry for Node and browsers. @module */

export {
  compareMasks,
  MASK_OUTPUTS,
  MASK_TOLERANCE,
  type MaskComparison,
  type MaskOutput,
  type MaskScene,
  type MaskSet,
  renderMaskSet,
  type UndecidableCase,
} from "./compare";
export { encodeHands, handFloats } from "./encode";
export { FINGERS, type Finger, HAND } from "./hand";
export { LDM_HALF_WIDTH, type LimbOptions, LPM_LENGTH_EPSILON, type MapSize } from "./options";
export { confidenceMaps, limbMaps } from "./reference";
export { renderEncoded, renderTargets, type Targets } from "./render";
export {
  defineSkeleton,
  groupsOf,
  groupsOfChannels,
  type Joint,
  type Limb,
  type LimbGroup,
  partOf,
  type Skeleton,
  type SkeletonDefinition,
  type SkeletonPart,
} from "./skeleton";
