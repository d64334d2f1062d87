import * as tf from "@tensorflow/tfjs-core";
import { skeletonOf } from "../../../train/config/index";
import { cellsOf } from "../../../train/pose/index";
import { type LossCase, lossData, type MaskCase, maskLabels, type Task } from "../../contract/index";
import type { TfjsBackend } from "./backend";
import { toNchw } from "./layout";
import { tensorTask, upload } from "./task";

/** The least that PyTorch's BCE lets a logarithm be, and p (1 - p) in its gradient. */
const [LOG_FLOOR, VARIANCE_FLOOR] = [-100, 1e-12];

/** A loss and its gradient by the prediction out of elementwise kernels, as tfjs's own losses are. */
export function lossTask(backend: TfjsBackend, c: LossCase): Task {
  const { prediction, target, divisor } = lossData(c);
  const [p, t] = [upload(prediction, c.shape), upload(target, c.shape)];
  const log = (x: tf.Tensor) => tf.maximum(tf.log(x), LOG_FLOOR);
  const formulas = {
    sumMse: {
      forward: () => tf.div(tf.sum(tf.squaredDifference(p, t)), divisor),
      dx: () => tf.mul(tf.sub(p, t), 2 / divisor),
    },
    bceProb: {
      forward: () => {
        const cross = tf.add(tf.mul(t, log(p)), tf.mul(tf.sub(1, t), log(tf.sub(1, p))));
        return tf.div(tf.sum(cross), -divisor);
      },
      dx: () => {
        const variance = tf.maximum(tf.mul(p, tf.sub(1, p)), VARIANCE_FLOOR);
        return tf.div(tf.div(tf.sub(p, t), variance), divisor);
      },
    },
  };
  const toTorch = (values: Float32Array, shape: readonly number[]) =>
    shape.length === 4 ? toNchw(values, shape) : values;
  return tensorTask(backend, [p, t], formulas[c.loss][c.pass], toTorch);
}

/** Confidence maps, and beside them the limb mask of LPM-G1 as the original draws it; null for other limb masks. */
export function maskTask(backend: TfjsBackend, c: MaskCase): Task | null {
  const { limb_mask, limbc, lpm_end_cap, image_size, batch_size, sigma } = c.config;
  if (c.limbs && (limbc !== 1 || limb_mask !== "LPM" || lpm_end_cap !== "original")) return null;
  const { joints: all, limbs: bones } = skeletonOf(c.config);
  const side = cellsOf(image_size);
  const labels = Float32Array.from(maskLabels(c));
  const falloff = -1 / (2 * sigma * sigma);
  const [from, to] = (["from", "to"] as const).map((end) =>
    tf.tensor1d(
      bones.map((limb) => limb[end]),
      "int32",
    ),
  );
  const places = tf.range(0, side);
  const [x, y] = [tf.reshape(places, [1, 1, side, 1]), tf.reshape(places, [1, side, 1, 1])];
  /** [batch, 1, 1, count] */
  const wide = (t: tf.Tensor) => tf.reshape(t, [batch_size, 1, 1, -1]);
  const coordinates = (joints: tf.Tensor) => tf.unstack(joints, 2).map(wide);
  const gaussian = (distance2: tf.Tensor) => tf.exp(tf.mul(distance2, falloff));

  /** exp(-dx^2) exp(-dy^2): the exponentials on a row and a column each, one product on the map. */
  const confidence = (joints: tf.Tensor): tf.Tensor4D => {
    const [jx, jy] = coordinates(joints);
    return tf.mul(gaussian(tf.squaredDifference(x, jx)), gaussian(tf.squaredDifference(y, jy)));
  };
  /** See masks/reference.ts. */
  const limbs = (joints: tf.Tensor): tf.Tensor4D => {
    const [ax, ay] = coordinates(tf.gather(joints, from, 1));
    const [bx, by] = coordinates(tf.gather(joints, to, 1));
    const [vx, vy] = [tf.sub(bx, ax), tf.sub(by, ay)];
    const [pax, pay, pbx, pby] = [tf.sub(x, ax), tf.sub(y, ay), tf.sub(x, bx), tf.sub(y, by)];
    const before = tf.lessEqual(tf.add(tf.mul(pax, vx), tf.mul(pay, vy)), 0);
    const past = tf.greaterEqual(tf.add(tf.mul(pbx, vx), tf.mul(pby, vy)), 0);
    const across = tf.sub(tf.mul(pax, vy), tf.mul(pay, vx));
    const line2 = tf.div(tf.square(across), tf.add(tf.square(vx), tf.square(vy)));
    const toA2 = tf.add(tf.square(pax), tf.square(pay));
    const toB2 = tf.add(tf.square(pbx), tf.square(pby));
    // Past the far end the original adds the distance to the line: see limbDistance2.
    const distance2 = tf.where(past, tf.add(line2, toB2), tf.where(before, toA2, line2));
    return tf.max(gaussian(distance2), 3, true);
  };
  const draw = () => {
    const joints = tf.tensor3d(labels, [batch_size, all.length, 2]);
    return c.limbs ? [limbs(joints), confidence(joints)] : [confidence(joints)];
  };
  return {
    ...tensorTask(backend, [from, to, places, x, y], () => draw().at(-1)!, toNchw), // which has drawn the limbs too
    async result() {
      const maps = tf.tidy(draw);
      const values = await Promise.all(maps.map(async (m) => toNchw(await backend.read(m), m.shape)));
      tf.dispose(maps);
      return Float32Array.from(values.flatMap((v) => [...v]));
    },
  };
}
