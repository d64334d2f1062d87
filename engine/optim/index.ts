/** Optimizers: Adam, AdamW and SGD. */

export {
  Adam,
  type AdamOptions,
  isLossScaleState,
  type LossScaleOptions,
  type LossScaleState,
  type StepReport,
} from "./adam";
export { AdamW, type AdamWOptions } from "./adamw";
export { Sgd, type SgdOptions } from "./sgd";
