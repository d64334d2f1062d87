/** A dataset folder out of others' formats. */

export { type PrepareOptions, prepare } from "./prepare";
export { summaryLines } from "./summary";
