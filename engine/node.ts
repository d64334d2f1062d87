/** The autograd engine on hand-written WGSL kernels: tensors, ops, tape, optimizer. This is Node's entry. @module */
export { listAdapters, type OpenOptions, openGpu } from "./adapters/node";
export * from "./index";
