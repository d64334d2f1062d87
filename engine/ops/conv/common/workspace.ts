import type { Adapter } from "./family";

/**
 * Bytes for Winograd's transformed inputs and products, which are made for a share of the tiles at a time: enough to keep an
 * adapter busy (on software drivers 8 MiB were as fast as 128), little beside the activations of a step.
 */
export const workspaceBytes = ({ kind }: Pick<Adapter, "kind">): number => (kind === "gpu" ? 128 : 16) << 20;

/** Bytes in one binding on any adapter. */
export const BINDING = 128 << 20;
