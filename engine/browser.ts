/** The autograd engine on hand-written WGSL kernels: tensors, ops, tape, optimizer. This is a browser's entry. */
export { openGpu } from "./adapters/browser";
export * from "./index";
