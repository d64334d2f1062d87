/** NSRM and CPM, their layers, and weights from and to safetensors, PyTorch and ONNX. This is Node's entry. @module */
export * from "./browser";
export { fileSource } from "./file-source";
export { readSafetensors, writeSafetensors } from "./safetensors";
