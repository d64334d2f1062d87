/** The room of masks. */

export { masksRoom } from "./room";
