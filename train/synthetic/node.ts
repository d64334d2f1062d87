/** Drawn hands as a dataset folder. */

export { writeSynthetic } from "./write";
