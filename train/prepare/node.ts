/** A dataset folder out of others' formats. */

export { FORMATS, type Format, prepare } from "./prepare";
export { summaryLines } from "./summary";
