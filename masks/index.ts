/** The hand's topology, and the maps that a network is trained on, drawn on the GPU. One entry for Node and browsers. @module */

export {
  compareMasks,
  MASK_OUTPUTS,
  MASK_TOLERANCE,
  type MaskComparison,
  type MaskOutput,
  type MaskSet,
  renderMaskSet,
  type UndecidableCase,
} from "./compare";
export { encodeHands, HAND_FLOATS } from "./encode";
export { LDM_HALF_WIDTH, type LimbOptions, LPM_LENGTH_EPSILON, type MapSize } from "./options";
export { confidenceMaps, limbMaps } from "./reference";
export { renderEncoded, renderTargets, type Targets } from "./render";
export {
  EACH,
  FINGERS,
  type Finger,
  fingerOfJoint,
  fingerOfLimb,
  G1,
  G1_6,
  G6,
  GROUPINGS,
  type Grouping,
  isPalmLimb,
  JOINT_COUNT,
  JOINTS,
  LIMB_COUNT,
  LIMB_NAMES,
  LIMBS,
  type LimbGroup,
  WRIST,
} from "./topology";
