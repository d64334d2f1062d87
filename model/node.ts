/** NSRM and CPM, their layers, and weights from and to safetensors, PyTorch and ONNX. This is Node's entry. @module */

export { fileSource, readSafetensors, writeSafetensors } from "./files/node";
export * from "./index";
