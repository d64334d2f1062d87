export { readCheckpoint } from "./checkpoint";
export { trainRoom } from "./room";
