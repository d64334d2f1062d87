export { writeSynthetic } from "./write";
