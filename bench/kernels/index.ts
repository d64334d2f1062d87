/** Every distinct computation of a training step, by itself: ours, beside peers, against the adapter's limits. */

export { chooseLayers, layerCases } from "./cases";
export { benchKernels, type KernelsResult, LAYER_SETS } from "./kernels";
export type { LayerFigures } from "./measure-case";
