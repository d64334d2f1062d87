/** NSRM and CPM, their layers, and weights as bytes: what runs in a browser. index.ts adds what reads and writes files. */

export type { NamedTensors } from "./exchange/named-tensors";
export { encodeOnnx, type OnnxOptions } from "./exchange/onnx";
export { findNetwork, findVgg19, type NetworkWeights } from "./exchange/recognise";
export type { StateDict } from "./exchange/torch-file";
export { encodeTorchFile, type NamedFloats } from "./exchange/torch-writer";
export { openWeights } from "./exchange/weights";
export { type ByteSource, memorySource } from "./files/byte-source";
export type { Dtype } from "./files/dtype";
export { decodeSafetensors, encodeSafetensors, type NamedArray, SafetensorsFile } from "./files/safetensors-format";
export {
  applyAll,
  applyConv,
  type ConvSpec,
  conv,
  halve,
  type Margins,
  parameterSpecs,
  plainImages,
  replace,
} from "./network/layers";
export {
  type Architecture,
  Network,
  type NetworkOutput,
  type NetworkSpec,
  networkParameters,
  type Precision,
} from "./network/network";
export { vggBlock, vggBlocks } from "./network/vgg19";
export { FULL_WIDTHS, scaleWidths, type Widths } from "./network/widths";
