export { FORMATS, type Format, prepare } from "./prepare";
export { summaryLines } from "./summary";
