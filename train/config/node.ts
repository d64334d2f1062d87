export { configFrom, loadConfig } from "./load";
export { nameByFile } from "./name";
