export { masksRoom } from "./room";
