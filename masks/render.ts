import { type Gpu, ShapeError, type Tensor } from "../engine/index";
import { kernels } from "../kernels/index";
import { encodeHands, handFloats } from "./encode";
import type { LimbOptions } from "./options";
import { limbPlan } from "./plan";
import type { Skeleton } from "./skeleton";

/** The tensors to draw into; one alone will do. */
export interface Targets {
  /** Keypoint confidence maps [B, J, h, w]. */
  readonly heat?: Tensor | null;
  /** Limb maps [B, L, h, w], a channel for each group of the grouping: 1, 6, 7 or 20 for a hand's G1, G6, G1_6, EACH. */
  readonly limb?: Tensor | null;
}

/**
 * Draws all maps of a batch in one dispatch, straight into the given tensors.
 *
 * @param skeleton whose joints the labels are, J of them
 * @param labels [B, J, 2] (x, y) in map units, float64 as in the original
 * @param options limb options; `sigma` holds for the confidence maps too
 * @throws ShapeError when the tensors fit neither one another nor the labels
 * @throws UserError naming a joint whose label is not finite
 */
export function renderTargets(
  gpu: Gpu,
  skeleton: Skeleton,
  labels: Float64Array,
  targets: Targets,
  options: LimbOptions,
): void {
  const [, , height, width] = (targets.heat ?? targets.limb)?.shape ?? [];
  if (height === undefined) return;
  const encoded = encodeHands(skeleton, labels, { height, width }, options.ldmHalfWidth);
  const floats = handFloats(skeleton);
  const hands = gpu.tensor(encoded, [encoded.length / floats, floats]);
  renderEncoded(gpu, skeleton, hands, targets, options);
  hands.dispose();
}

/**
 * The dispatch of `renderTargets` alone. Between steps only the values in `hands` change, so it can be captured once and
 * replayed. @param hands [B, handFloats(skeleton)] from `encodeHands` for these maps' size
 */
export function renderEncoded(
  gpu: Gpu,
  skeleton: Skeleton,
  hands: Tensor,
  { heat, limb }: Targets,
  options: LimbOptions,
): void {
  const some = heat ?? limb;
  if (!some) return;
  const [batch, , height, width] = some.shape;
  const { kind, grouping, sigma = 1, lpmEndCap, zeroLengthLimb } = options;
  const { channels, chain, draws, table } = limbPlan(skeleton, grouping);
  const joints = skeleton.joints.length;
  expectShape("hands", hands, [batch, handFloats(skeleton)]);
  if (heat) expectShape("heat", heat, [batch, joints, height, width]);
  if (limb) expectShape("limb", limb, [batch, channels, height, width]);
  const flag = (on: boolean) => (on ? 1 : 0);
  const n = batch * height * width;
  gpu.scope(() => {
    gpu.dispatch({
      kernel: kernels.masks,
      params: {
        HEAT: flag(!!heat),
        LIMB: flag(!!limb),
        LPM: flag(kind === "LPM"),
        WHOLE: flag(!!limb && draws.whole),
        FINGERS: flag(!!limb && draws.chains),
        EACH: flag(!!limb && draws.each),
        JOINTS: joints,
        LIMBS: skeleton.limbs.length,
        CHANNELS: limb ? channels : 0,
        CHAIN: limb ? chain : 0,
      },
      uniforms: {
        n,
        height,
        width,
        falloff: 1 / (2 * sigma * sigma),
        roundCap: flag(lpmEndCap === "round"),
        skipZero: flag(zeroLengthLimb === "skip"),
      },
      bindings: {
        hands,
        ...(heat && { heat }),
        ...(limb && { limb }),
        ...(limb && chain === 0 && { table: gpu.words(table, [table.length]) }),
      },
      workgroups: gpu.grid(n, 64),
    });
  });
}

function expectShape(name: string, t: Tensor, shape: readonly number[]): void {
  if (t.shape.join() !== shape.join()) {
    throw new ShapeError("renderTargets", `${name} should be [${shape.join(", ")}]`, [t.shape]);
  }
}
