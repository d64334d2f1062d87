/** The room of kernels. */

export { kernelsRoom } from "./room";
