/** What a dataset's format is, and what all of them are read with. */

export { findFiles } from "./files";
export type { Format, FormatOption, Found, Settings, Skipped } from "./format";
export { readJoints, type SourceHand } from "./hand";
export {
  baseFirstScore,
  type JointOrder,
  NSRM_ORDER,
  orderByNames,
  reorder,
  reorderPoints,
  TIP_FIRST_ORDER,
  turnedRound,
} from "./joint-order";
