export { formatReport } from "./report";
