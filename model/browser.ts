/** NSRM and CPM, their layers, and weights as bytes: what runs in a browser. index.ts adds what reads and writes files. */
export type { ByteSource } from "./byte-source";
export type { Dtype } from "./dtype";
export { applyAll, applyConv, type ConvSpec, conv, halve, parameterSpecs, replace } from "./layers";
export { type Architecture, Network, type NetworkOutput, type NetworkSpec, networkParameters } from "./network";
export { decodeSafetensors, encodeSafetensors, type NamedArray, SafetensorsFile } from "./safetensors-format";
export { vggBlock, vggBlocks } from "./vgg19";
export { FULL_WIDTHS, scaleWidths, type Widths } from "./widths";
