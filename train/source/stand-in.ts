import type { Point } from "../data/index";
import { AVERAGE_HAND, poseHand } from "../synthetic/index";

/**
 * Fills joints that were not labelled with a guess, since a label needs 21 places: a flat average hand, left or right, is
 * turned, scaled and moved so that it fits the labelled joints best (least squares; in complex numbers joint j lies near
 * a z_j + b), and its other joints are taken. They are marked as not visible.
 */
export function withStandIns(joints: readonly (Point | null)[]): Point[] {
  if (joints.every((joint) => joint !== null)) return [...joints];
  const fits = [fit(FLAT_HAND, joints), fit(MIRRORED_HAND, joints)];
  const { place } = fits[0].error <= fits[1].error ? fits[0] : fits[1];
  return joints.map((joint, j) => joint ?? place(j));
}

const FLAT_HAND: readonly Point[] = poseHand(
  AVERAGE_HAND,
  AVERAGE_HAND.bones.map((_, f) => ({ spread: f === 0 ? 30 : 5, flexion: [5, 10, 10] as const })),
).joints.map(([x, y]): Point => [x, y]);
const MIRRORED_HAND: readonly Point[] = FLAT_HAND.map(([x, y]): Point => [-x, y]);

function fit(model: readonly Point[], joints: readonly (Point | null)[]) {
  const pairs = model.flatMap((from, j) => (joints[j] ? [[from, joints[j]] as const] : []));
  const from = mean(pairs.map(([z]) => z));
  const to = mean(pairs.map(([, w]) => w));
  // a = sum conj(z) w / sum |z|^2, both from their means.
  let [re, im, norm] = [0, 0, 0];
  for (const [z, w] of pairs) {
    const [zx, zy, wx, wy] = [z[0] - from[0], z[1] - from[1], w[0] - to[0], w[1] - to[1]];
    re += zx * wx + zy * wy;
    im += zx * wy - zy * wx;
    norm += zx * zx + zy * zy;
  }
  [re, im] = norm > 0 ? [re / norm, im / norm] : [0, 0];
  const place = (j: number): Point => {
    const [zx, zy] = [model[j][0] - from[0], model[j][1] - from[1]];
    return [to[0] + re * zx - im * zy, to[1] + re * zy + im * zx];
  };
  const error = joints.reduce((sum, w, j) => {
    if (!w) return sum;
    const [x, y] = place(j);
    return sum + (x - w[0]) ** 2 + (y - w[1]) ** 2;
  }, 0);
  return { place, error };
}

const mean = (points: readonly Point[]): Point => {
  const sum = (axis: 0 | 1) => points.reduce((total, p) => total + p[axis], 0) / points.length;
  return [sum(0), sum(1)];
};
