/** The room of training. */

export { readCheckpoint } from "./checkpoint";
export { trainRoom } from "./room";
