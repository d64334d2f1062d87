/** A checkpoint as bytes, and weights of elsewhere as a checkpoint. */

export {
  blankChecksum,
  type Checkpoint,
  decodeCheckpoint,
  encodeCheckpoint,
  expectCheckpoint,
  expectChecksum,
  isCheckpoint,
  type ParameterState,
  type Position,
  stampChecksum,
} from "./checkpoint-format";
export { computedOn } from "./computed-on";
export { checkpointOf, settingsOf } from "./imported";
