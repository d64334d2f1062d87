/** NSRM and CPM, their layers, and weights from and to safetensors, PyTorch and ONNX. This is Node's entry. @module */

export { fileSource } from "./files/file-source";
export { readSafetensors, writeSafetensors } from "./files/safetensors";
export * from "./index";
