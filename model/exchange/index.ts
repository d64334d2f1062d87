/** Weights of other programs: PyTorch's files, safetensors and ONNX. */

export type { NamedTensors } from "./named-tensors";
export { NUMPY_GLOBALS, NumpyArray } from "./numpy";
export { encodeOnnx, type OnnxOptions } from "./onnx";
export { blaming, readPickle } from "./pickle";
export { findNetwork, findVgg19, type NetworkWeights } from "./recognise";
export type { StateDict } from "./torch-file";
export { encodeTorchFile, type NamedFloats } from "./torch-writer";
export { openWeights } from "./weights";
