import { type AdapterFacts, type AdapterKind, nameOf } from "./facts";

/** What the kernels can use where an adapter has it. */
const FEATURES = ["subgroups", "shader-f16", "timestamp-query"] as const;

/** The limits in which kernels run into an adapter; a device otherwise has the specification's small defaults. */
const ADAPTER_LIMITS = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxStorageBuffersPerShaderStage",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupSizeY",
  "maxComputeWorkgroupSizeZ",
  "maxComputeWorkgroupsPerDimension",
] as const satisfies readonly (keyof GPUSupportedLimits)[];

/** Requests a device with the adapter's own limits and the features the kernels can use. */
export async function requestDevice(
  adapter: GPUAdapter,
  kind: AdapterKind,
): Promise<{ device: GPUDevice; facts: AdapterFacts }> {
  const requiredFeatures = FEATURES.filter((f) => adapter.features.has(f));
  const requiredLimits: Record<string, GPUSize64> = {};
  for (const name of ADAPTER_LIMITS) requiredLimits[name] = Number(adapter.limits[name]);
  const device = await adapter.requestDevice({ requiredFeatures, requiredLimits });
  const { subgroupMinSize: low = 0, subgroupMaxSize: high = 0 } = adapter.info;
  const facts: AdapterFacts = {
    kind,
    name: nameOf(adapter),
    subgroups: device.features.has("subgroups"),
    subgroupSize: device.features.has("subgroups") && low === high ? low : 0,
    f16: device.features.has("shader-f16"),
    subgroupMatrix: adapter.features.has("chromium-experimental-subgroup-matrix" as GPUFeatureName),
    timestamps: device.features.has("timestamp-query"),
  };
  return { device, facts };
}
