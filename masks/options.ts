/** A map's size in pixels; pixel (x, y) stands for the point (x, y) in map units, without a half-pixel offset. */
export interface MapSize {
  readonly height: number;
  readonly width: number;
}

/** How limb maps are drawn. The defaults are the original implementation's. */
export interface LimbOptions {
  /** LDM: deterministic mask, 1 inside a rectangle around the limb. LPM: probabilistic mask, a Gaussian of the distance. */
  readonly kind: "LDM" | "LPM";
  /** Which limbs share a channel: one of the skeleton's groupings, for a hand G1, G6, G1_6 or EACH. */
  readonly grouping: string;
  /** Standard deviation of LPM in map units. Default 1. */
  readonly sigma?: number;
  /** Half the width of LDM's rectangle in map units. Default LDM_HALF_WIDTH. */
  readonly ldmHalfWidth?: number;
  /**
   * LPM past a limb's far end. "original" (default): the squared distance to the limb's line counts on top of that to the
   * end, so the cap is squashed, and values jump at the end. "round": the distance to the segment, a half disc.
   */
  readonly lpmEndCap?: "original" | "round";
  /**
   * A limb whose joints coincide. "original" (default): LDM is 1 everywhere, LPM takes three times the squared distance
   * to the joint. "skip": nothing is drawn.
   */
  readonly zeroLengthLimb?: "original" | "skip";
}

/** Half the width of an LDM rectangle in the original, in map units. */
export const LDM_HALF_WIDTH = 1;

/**
 * Added to a limb's squared length where LPM divides by it. It matters only for limbs shorter than about 1e-3 map units,
 * which it turns from a line's distance into a point's.
 */
export const LPM_LENGTH_EPSILON = 1e-8;
