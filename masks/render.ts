import { type Gpu, ShapeError, type Tensor } from "../engine/index";
import { kernels } from "../kernels/index";
import { encodeHands, HAND_FLOATS } from "./encode";
import type { LimbOptions } from "./options";
import { GROUPINGS, JOINT_COUNT } from "./topology";

/** The tensors to draw into; one alone will do. */
export interface Targets {
  /** Keypoint confidence maps [B, 21, h, w]. */
  readonly heat?: Tensor | null;
  /** Limb maps [B, L, h, w]: L = 1 (G1), 6 (G6), 7 (G1_6) or 20 (EACH). */
  readonly limb?: Tensor | null;
}

/**
 * Draws all maps of a batch in one dispatch, straight into the given tensors.
 *
 * @param labels [B, 21, 2] (x, y) in map units, float64 as in the original
 * @param options limb options; `sigma` holds for the confidence maps too
 * @throws ShapeError when the tensors fit neither one another nor the labels
 * @throws UserError naming a joint whose label is not finite
 */
export function renderTargets(gpu: Gpu, labels: Float64Array, targets: Targets, options: LimbOptions): void {
  const [, , height, width] = (targets.heat ?? targets.limb)?.shape ?? [];
  if (height === undefined) return;
  const encoded = encodeHands(labels, { height, width }, options.ldmHalfWidth);
  const hands = gpu.tensor(encoded, [labels.length / (2 * JOINT_COUNT), HAND_FLOATS]);
  renderEncoded(gpu, hands, targets, options);
  hands.dispose();
}

/**
 * The dispatch of `renderTargets` alone. Between steps only the values in `hands` change, so it can be captured once and
 * replayed. @param hands [B, HAND_FLOATS] from `encodeHands` for these maps' size
 */
export function renderEncoded(gpu: Gpu, hands: Tensor, { heat, limb }: Targets, options: LimbOptions): void {
  const some = heat ?? limb;
  if (!some) return;
  const [batch, , height, width] = some.shape;
  const { kind, grouping, sigma = 1, lpmEndCap, zeroLengthLimb } = options;
  expectShape("hands", hands, [batch, HAND_FLOATS]);
  if (heat) expectShape("heat", heat, [batch, JOINT_COUNT, height, width]);
  if (limb) expectShape("limb", limb, [batch, GROUPINGS[grouping].length, height, width]);
  const flag = (on: boolean) => (on ? 1 : 0);
  const n = batch * height * width;
  gpu.dispatch({
    kernel: kernels.masks,
    params: {
      HEAT: flag(!!heat),
      LIMB: flag(!!limb),
      LPM: flag(kind === "LPM"),
      WHOLE: flag(!!limb && (grouping === "G1" || grouping === "G1_6")),
      FINGERS: flag(!!limb && (grouping === "G6" || grouping === "G1_6")),
      EACH: flag(!!limb && grouping === "EACH"),
    },
    uniforms: {
      n,
      height,
      width,
      falloff: 1 / (2 * sigma * sigma),
      roundCap: flag(lpmEndCap === "round"),
      skipZero: flag(zeroLengthLimb === "skip"),
    },
    bindings: { hands, ...(heat && { heat }), ...(limb && { limb }) },
    workgroups: gpu.grid(n, 64),
  });
}

function expectShape(name: string, t: Tensor, shape: readonly number[]): void {
  if (t.shape.join() !== shape.join()) {
    throw new ShapeError("renderTargets", `${name} should be [${shape.join(", ")}]`, [t.shape]);
  }
}
