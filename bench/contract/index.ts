/** What is measured, and what a peer implements to be measured beside us. Knows neither the peers nor the benchmarks. */

export {
  type AdamCase,
  type CaseOf,
  type ConvCase,
  type LayerCase,
  type LayerContender,
  type LossCase,
  type MaskCase,
  type PoolCase,
  type Task,
  taskOf,
} from "./layers";
export type { Peer, PeerDevice } from "./peer";
export type { Problem, StepContender } from "./step";
export { ADAM_LR, convData, lossData, maskLabels, pattern } from "./values";
