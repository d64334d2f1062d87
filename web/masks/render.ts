import type { Gpu, Tensor } from "../../engine/index";
import { groupsOf, type LimbOptions, renderTargets, type Skeleton } from "../../masks/index";
import type { Points } from "../../train/pose/index";

/** Cells of a map's side: the original's maps of 368 pixels. */
export const SIDE = 46;

export type Kind = "Gaussian" | "LDM" | "LPM";

export interface MaskSettings {
  kind: Kind;
  /** Standard deviation of Gaussian maps and LPM, in cells. */
  sigma: number;
  /** Half the width of LDM's rectangles, in cells. */
  halfWidth: number;
  endCap: "original" | "round";
}

/** Maps of one hand, each [channels, 46, 46]. */
export interface Drawn {
  /** The joints that they were drawn for, [J, 2] in cells. */
  points: Points;
  /** Confidence maps, one a joint; null for limb masks. */
  joints: Float32Array | null;
  /** Limb masks by the groups that pictures show, a hand's G1&6, and one a limb; null for confidence maps. */
  groups: Float32Array | null;
  limbs: Float32Array | null;
  /** One a limb with the other end cap; null but for LPM. */
  otherCap: Float32Array | null;
}

/** Draws a hand's maps on the GPU. @param hand its joints, [J, 2] in cells */
export function drawMasks(gpu: Gpu, skeleton: Skeleton, hand: Points, settings: MaskSettings): Promise<Drawn> {
  const { kind, sigma, halfWidth, endCap } = settings;
  const points = hand.slice();
  return gpu.scopeAsync(async () => {
    if (kind === "Gaussian") {
      const heat = gpu.empty([1, skeleton.joints.length, SIDE, SIDE]);
      renderTargets(gpu, skeleton, points, { heat }, { kind: "LPM", grouping: "EACH", sigma });
      return { points, joints: await heat.data(), groups: null, limbs: null, otherCap: null };
    }
    const limb = (grouping: string, lpmEndCap: LimbOptions["lpmEndCap"]): Tensor => {
      const maps = gpu.empty([1, groupsOf(skeleton, grouping).length, SIDE, SIDE]);
      const options = { kind, grouping, sigma, ldmHalfWidth: halfWidth, lpmEndCap };
      renderTargets(gpu, skeleton, points, { limb: maps }, options);
      return maps;
    };
    const other = endCap === "original" ? "round" : "original";
    const [groups, limbs, otherCap] = await Promise.all([
      limb(skeleton.pictured, endCap).data(),
      limb("EACH", endCap).data(),
      kind === "LPM" ? limb("EACH", other).data() : null,
    ]);
    return { points, joints: null, groups, limbs, otherCap };
  });
}
