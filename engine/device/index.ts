/** What lies on WebGPU itself and knows no tensor: commands, memory, pipelines, captured lists, and the kernels' preprocessing. */

export { BindGroups, type Resource, uniformResource } from "./bind-groups";
export { Captured, Recording } from "./capture";
export { Commands, type Dispatch } from "./commands";
export { bytesOf, type Dtype } from "./dtype";
export { type AdapterFacts, type AdapterKind, type Attempt, kindOf, nameOf } from "./facts";
export { BufferPool } from "./memory";
export { Pipelines, type Program, type UniformValues } from "./pipelines";
export { requestDevice } from "./request";
export { Staging } from "./staging";
export { type Storage, writesSoFar } from "./storage";
export { wait } from "./wait";
export { BufferUsage } from "./webgpu-flags";
export { type Include, includesOf, type Params, preprocess } from "./wgsl";
