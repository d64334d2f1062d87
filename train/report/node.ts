export { writeReport } from "./write";
