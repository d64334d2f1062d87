/** The room of predictions. */

export { predictRoom } from "./room";
