export { predictRoom } from "./room";
