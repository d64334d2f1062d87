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
