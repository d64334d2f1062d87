/** A report of a run, or of several, out of what they left. */

export { writeReport } from "./write";
