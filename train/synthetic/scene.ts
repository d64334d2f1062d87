import { CROP_BOXES } from "../data/index";
import { frontOf } from "./capsule";
import { distractorsBehind } from "./distractors";
import { type Capsule, fleshOn } from "./flesh";
import { poseHand, viewMatrix } from "./kinematics";
import { type ImageKey, type PoseRange, sampleArm, sampleCrop, samplePose, sampleShape, sampleView } from "./sampler";
import { apply, type Vec3 } from "./vec3";

/**
 * A hand in front of the camera. Camera frame: x right, y down, z away from the viewer; the crop is the unit square in x
 * and y, and z has the same unit. Lines of sight are parallel to z (weak perspective, as from some metres away).
 */
export interface Scene {
  /** 21 joint centres. */
  readonly joints: readonly Vec3[];
  /** The hand's parts first. */
  readonly capsules: readonly Capsule[];
  /** One millimetre in crop sides. */
  readonly millimetre: number;
}

/** The scene of one image: a pure function of its key. */
export function buildScene(key: ImageKey, range: PoseRange): Scene {
  const shape = sampleShape(key);
  const hand = poseHand(shape, samplePose(key, range));
  const view = viewMatrix(sampleView(key, range));
  const seen = hand.joints.map((joint) => apply(view, joint));

  const { zoom, shift } = sampleCrop(key);
  const [left, right] = extent(seen.map(([x]) => x));
  const [top, bottom] = extent(seen.map(([, y]) => y));
  const side = CROP_BOXES * Math.max(right - left, bottom - top) * zoom;
  const [cx, cy] = [(left + right) / 2, (top + bottom) / 2];
  const place = ([x, y, z]: Vec3): Vec3 => [
    (x - cx) / side + 0.5 + shift[0],
    (y - cy) / side + 0.5 + shift[1],
    z / side,
  ];

  const capsules = fleshOn(shape, hand, sampleArm(key)).map((c) => ({
    ...c,
    a: place(apply(view, c.a)),
    b: place(apply(view, c.b)),
    ra: c.ra / side,
    rb: c.rb / side,
    back: apply(view, c.back),
  }));
  const behind = distractorsBehind(key, range, capsules);
  return { joints: seen.map(place), capsules: [...capsules, ...behind], millimetre: 1 / side };
}

const extent = (values: readonly number[]): [number, number] => [Math.min(...values), Math.max(...values)];

/**
 * Which joints can be seen: those in front of whose flesh there is no other part of the hand. A joint is judged at its
 * centre; what lies in front by less than 1 mm only touches it.
 */
export function visibleJoints({ joints, capsules, millimetre }: Scene): boolean[] {
  return joints.map(([x, y, z], j) => {
    let own = z;
    let others = Number.POSITIVE_INFINITY;
    for (const capsule of capsules) {
      const front = frontOf(capsule, x, y);
      if (!front) continue;
      if (capsule.joints.includes(j)) own = Math.min(own, front.z);
      else others = Math.min(others, front.z);
    }
    return others > own - millimetre;
  });
}
