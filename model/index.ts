/** NSRM and CPM, their layers, and weights in safetensors. This is Node's entry. */
export * from "./browser";
export { readSafetensors, writeSafetensors } from "./safetensors";
