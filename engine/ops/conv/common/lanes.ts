import type { Adapter } from "./family";

/** Lanes that may share loads by broadcast, 0 where the adapter has no subgroups of a known size. */
export const broadcastLanes = ({ subgroups, subgroupSize }: Adapter): number =>
  subgroups && subgroupSize >= 4 ? Math.min(subgroupSize, 8) : 0;

/** Lanes that share loads where nothing was measured: none on a real GPU, whose caches serve loads that are all alike. */
export const usualLanes = (adapter: Adapter): number => (adapter.kind === "gpu" ? 0 : broadcastLanes(adapter));

/** What tuning tries: on a GPU plain loads and broadcasts. */
export function lanesToTry(adapter: Adapter): number[] {
  const broadcast = broadcastLanes(adapter);
  return adapter.kind === "gpu" && broadcast ? [0, broadcast] : [broadcast];
}

/** Software drivers run a workgroup on one core: small ones spread a small map over all cores. */
export const usualWorkgroup = ({ kind }: Adapter): number => (kind === "gpu" ? 64 : 16);

/** What tuning tries: on a GPU workgroups of whole subgroups, on a software driver what suits its few cores. */
export const workgroupsToTry = ({ kind }: Adapter, few: readonly number[]): readonly number[] =>
  kind === "gpu" ? [32, 64, 128] : few;
