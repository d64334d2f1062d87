import { openGpu } from "../engine/adapters/node";

const gpu = await openGpu();
console.log(`${gpu.adapter.kind}: ${gpu.adapter.name}`);
await gpu.close();
