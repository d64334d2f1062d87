/** Hands that are drawn: skeleton, pose, look, and the kernel that renders them. */

export { SyntheticDataset, type SyntheticOptions } from "./dataset";
export { syntheticSource } from "./drawn-source";
export { AVERAGE_HAND, poseHand } from "./kinematics";
export { NORMALISED, type Output, RGB } from "./renderer";
export { POSE_RANGES, type PoseRange, type PoseRangeName } from "./sampler";
export { buildScene } from "./scene";
