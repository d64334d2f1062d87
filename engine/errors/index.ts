/** What goes wrong, by kind, and what is tidied up after it. Whoever only reports errors loads no engine for it. */

export { quietly, withCleanup } from "./cleanup";
export {
  DtypeError,
  GpuError,
  OptionError,
  OutOfMemoryError,
  OverwrittenError,
  ReleasedError,
  ShapeError,
  UserError,
} from "./errors";
