import { HAND, type Skeleton } from "../../masks/index";
import { isPlaced, movePoints, type Point, type Points, pointAt, pointsOf } from "../pose/index";
import { AVERAGE_HAND, poseHand } from "../synthetic/index";

/** A hand lying flat, in millimetres. */
const FLAT_HAND: Points = pointsOf(
  poseHand(
    AVERAGE_HAND,
    AVERAGE_HAND.bones.map((_, f) => ({ spread: f === 0 ? 30 : 5, flexion: [5, 10, 10] as const })),
  ).joints,
);

/** By skeleton, what is fitted to the joints that have a label. */
const MODELS: ReadonlyMap<Skeleton, Points> = new Map([[HAND, FLAT_HAND]]);

/** Whether joints without a label can be fitted: whether there is a model to fit. */
export const canFit = (skeleton: Skeleton): boolean => MODELS.has(skeleton);

/**
 * Fitted joints in place of those that were not labelled (NaN), since a label needs a place for each: a flat average hand,
 * left or right, is turned, scaled and moved so that it fits the labelled joints best (least squares; in complex numbers
 * joint j lies near a z_j + b), and its other joints are taken. They are to be marked as not visible.
 * @param points [J, 2], the skeleton's
 */
export function withFittedJoints(skeleton: Skeleton, points: Points): Points {
  const labelled = skeleton.joints.map((_, j) => isPlaced(points, j));
  if (labelled.every(Boolean)) return points;
  const model = MODELS.get(skeleton);
  if (!model) throw new Error(`skeleton ${skeleton.name}: there is no model to fit joints by`);
  const fits = [model, movePoints(model, ([x, y]) => [-x, y])].map((each) => fit(each, points, labelled));
  const { place } = fits[0].error <= fits[1].error ? fits[0] : fits[1];
  return movePoints(points, (point, j) => (labelled[j] ? point : place(j)));
}

function fit(model: Points, points: Points, labelled: readonly boolean[]) {
  const pairs = labelled.flatMap((is, j) => (is ? [[pointAt(model, j), pointAt(points, j)] as const] : []));
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
    const [x, y] = pointAt(model, j);
    const [zx, zy] = [x - from[0], y - from[1]];
    return [to[0] + re * zx - im * zy, to[1] + re * zy + im * zx];
  };
  const error = labelled.reduce((sum, is, j) => {
    if (!is) return sum;
    const [x, y] = place(j);
    const [wx, wy] = pointAt(points, j);
    return sum + (x - wx) ** 2 + (y - wy) ** 2;
  }, 0);
  return { place, error };
}

const mean = (points: readonly Point[]): Point => {
  const sum = (axis: 0 | 1) => points.reduce((total, p) => total + p[axis], 0) / points.length;
  return [sum(0), sum(1)];
};
