import { add, bceProb, concat, reshape, scale, sigmoid, slice, sumMse, type Tensor } from "../../engine/index";
import type { NetworkOutput } from "../../model/network/index";

/** What a network says of a batch, stage by stage; any backbone's will do. */
export type StageMaps = Pick<NetworkOutput, "limbs" | "heatmaps">;

/** What a batch's maps are held against. */
export interface Targets {
  /** Gaussian confidence maps [B, J, h, w], J joints */
  heat: Tensor;
  /** Limb masks [B, L, h, w]; null for CPM. */
  limb: Tensor | null;
}

/** How the parts of the loss are weighed. */
export interface LossSettings {
  /** Images the step's loss is averaged over: the whole batch, also when it is split into micro-batches. */
  batch: number;
  /** Weight of the limb loss in the total (decays with the epochs). */
  limbWeight: number;
  /** Weight of the six part channels beside the whole-hand channel; used with 7 limb channels alone. */
  partWeight: number;
  /** Divide by the original's constant 46 x 46, whatever the map's size, or by the map's own size. */
  norm: "original" | "map";
}

/** Scalars: total = keypoint + limbWeight * limb, limb = whole + partWeight * parts. */
export interface Losses {
  total: Tensor;
  keypoint: Tensor;
  limb: Tensor | null;
  whole: Tensor | null;
  parts: Tensor | null;
}

/** Order of the values in `packLosses`. */
export const LOSS_PARTS = ["loss", "cm", "limb", "g1", "g6"] as const;
/** The loss's parts as numbers. */
export type LossRecord = Record<(typeof LOSS_PARTS)[number], number>;

/**
 * The paper's loss: squared error of every keypoint stage plus weighted binary cross-entropy of every limb stage's
 * sigmoid, each summed over stages and channels and divided by batch * 46 * 46 (NSRM, eq. 5 to 7, as the original
 * computes them).
 */
export function computeLosses(output: StageMaps, targets: Targets, settings: LossSettings): Losses {
  return targets.heat.gpu.tape.in("the loss", () => lossesOf(output, targets, settings));
}

function lossesOf(output: StageMaps, targets: Targets, settings: LossSettings): Losses {
  const [, , h, w] = targets.heat.shape;
  const divisor = settings.batch * (settings.norm === "original" ? 46 * 46 : h * w);
  const keypoint = total(output.heatmaps.map((map) => sumMse(map, targets.heat, divisor)));
  const { limb: target } = targets;
  if (!target) return { total: keypoint, keypoint, limb: null, whole: null, parts: null };

  const probabilities = output.limbs.map((logits) => sigmoid(logits));
  const channels = target.shape[1];
  const over = (from: number, to: number) => {
    const wanted = cut(target, from, to);
    return total(probabilities.map((p) => bceProb(cut(p, from, to), wanted, divisor)));
  };
  const whole = over(0, 1);
  const parts = channels > 1 ? over(1, channels) : null;
  const limb = parts ? add(whole, scale(parts, settings.partWeight)) : whole;
  return { total: add(keypoint, scale(limb, settings.limbWeight)), keypoint, limb, whole, parts };
}

/** The loss's parts as one tensor [5], 0 where a part is absent; read back in one piece. */
export function packLosses({ total, keypoint, limb, whole, parts }: Losses): Tensor {
  const { gpu } = total;
  return gpu.tape.noGrad(() => {
    const values = [total, keypoint, limb, whole, parts].map((t) => (t ? reshape(t, [1]) : gpu.zeros([1])));
    return concat(values, 0);
  });
}

/** Channels [from, to) of [B, C, h, w]; the tensor itself where that is all. */
const cut = (t: Tensor, from: number, to: number): Tensor =>
  from === 0 && to === t.shape[1] ? t : slice(t, 1, from, to);

const total = (terms: Tensor[]): Tensor => terms.reduce((sum, term) => add(sum, term));
