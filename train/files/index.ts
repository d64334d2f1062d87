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
  stampChecksum,
} from "./checkpoint-format";
export { checkpointOf, settingsOf } from "./imported";
