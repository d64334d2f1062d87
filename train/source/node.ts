/** Where hands come from: a dataset folder, or the synthetic hand. */

export { checkImages } from "./check-images";
export { withFittedJoints } from "./fitted-joints";
export { openFolder } from "./folder";
export { tablesOf } from "./labels";
export { openSource, type Source, type SourceOptions, withFolder } from "./open";
export { parseShares, type SplitOptions, splitGroups, splitSizes } from "./split";
