/** An experiment: its keys, what is expected of each, and what depends on several of them. */

export {
  type Config,
  datasetFor,
  type LoadedConfig,
  type Origins,
  onFolder,
  resolveConfig,
  slowVariant,
} from "./resolve";
export { experimentSchema } from "./schema";
export { groupingOf, skeletonOf } from "./skeleton";
