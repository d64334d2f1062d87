/** NSRM and CPM, their layers, and weights in safetensors. This is Node's entry. */
export * from "./browser";
export { fileSource } from "./file-source";
export { readSafetensors, writeSafetensors } from "./safetensors";
