import type { Gpu, Tensor } from "../../engine/index";
import { GROUPINGS, type Grouping, JOINT_COUNT, type LimbOptions, renderTargets } from "../../masks/index";

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
  /** The joints that they were drawn for, [21, 2] in cells. */
  labels: Float64Array;
  /** Confidence maps, one a joint; null for limb masks. */
  joints: Float32Array | null;
  /** Limb masks by G1&6, and one a limb; null for confidence maps. */
  groups: Float32Array | null;
  limbs: Float32Array | null;
  /** One a limb with the other end cap; null but for LPM. */
  otherCap: Float32Array | null;
}

/** Draws a hand's maps on the GPU. @param hand its joints, [21, 2] in cells */
export function drawMasks(gpu: Gpu, hand: Float64Array, settings: MaskSettings): Promise<Drawn> {
  const { kind, sigma, halfWidth, endCap } = settings;
  const labels = hand.slice();
  return gpu.scopeAsync(async () => {
    if (kind === "Gaussian") {
      const heat = gpu.empty([1, JOINT_COUNT, SIDE, SIDE]);
      renderTargets(gpu, labels, { heat }, { kind: "LPM", grouping: "G1", sigma });
      return { labels, joints: await heat.data(), groups: null, limbs: null, otherCap: null };
    }
    const limb = (grouping: Grouping, lpmEndCap: LimbOptions["lpmEndCap"]): Tensor => {
      const maps = gpu.empty([1, GROUPINGS[grouping].length, SIDE, SIDE]);
      renderTargets(gpu, labels, { limb: maps }, { kind, grouping, sigma, ldmHalfWidth: halfWidth, lpmEndCap });
      return maps;
    };
    const other = endCap === "original" ? "round" : "original";
    const [groups, limbs, otherCap] = await Promise.all([
      limb("G1_6", endCap).data(),
      limb("EACH", endCap).data(),
      kind === "LPM" ? limb("EACH", other).data() : null,
    ]);
    return { labels, joints: null, groups, limbs, otherCap };
  });
}
