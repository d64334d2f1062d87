/** An experiment out of a file and `--set`. */

export { configFrom, loadConfig } from "./load";
export { nameByFile } from "./name";
