/** What kind of driver runs the kernels: a real GPU, or one of the two software Vulkan drivers. */
export type AdapterKind = "gpu" | "lavapipe" | "swiftshader";

/** One attempt of the search for an adapter and what came of it, for `doctor` and for the error when nothing was found. */
export interface Attempt {
  route: string;
  outcome: string;
  /** Whether there was an adapter, wanted or not. */
  found: boolean;
  /** Lines that Dawn and the driver wrote to file descriptor 2 meanwhile; they were held back. */
  said: string[];
}

/** What kernels choose their variant by. */
export interface AdapterFacts {
  kind: AdapterKind;
  name: string;
  subgroups: boolean;
  /** Invocations in a subgroup, or 0 when it varies or there are none. */
  subgroupSize: number;
  f16: boolean;
  /** Dawn's experimental matrix units; reported, not used. */
  subgroupMatrix: boolean;
  timestamps: boolean;
}

/** The kind of driver, as an adapter describes itself. */
export function kindOf({ info }: GPUAdapter): AdapterKind {
  const text = `${info.vendor} ${info.architecture} ${info.device} ${info.description}`.toLowerCase();
  if (text.includes("swiftshader")) return "swiftshader";
  return text.includes("llvmpipe") ? "lavapipe" : "gpu";
}

/** An adapter's name; browsers tell no more than vendor and architecture. */
export const nameOf = ({ info }: GPUAdapter): string =>
  info.description || info.device || `${info.vendor} ${info.architecture}`.trim() || "unnamed adapter";
