export { openFolder } from "./folder";
export { tablesOf } from "./labels";
export { openSource, type Source, type SourceOptions } from "./open";
