export { kernelsRoom } from "./room";
