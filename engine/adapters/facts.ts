/** What kind of driver runs the kernels: a real GPU, or one of the two software Vulkan drivers. */
export type AdapterKind = "gpu" | "lavapipe" | "swiftshader";

/** One attempt of the search for an adapter and what came of it, for `doctor` and for the error when nothing was found. */
export interface Attempt {
  route: string;
  outcome: string;
}

/** What kernels choose their variant by. */
export interface AdapterFacts {
  kind: AdapterKind;
  name: string;
  subgroups: boolean;
  /** Invocations in a subgroup, or 0 when it varies or there are none. */
  subgroupSize: number;
  f16: boolean;
  timestamps: boolean;
}
