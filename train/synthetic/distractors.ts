import { type Capsule, CHAIN } from "./flesh";
import { drawsFor, type ImageKey, type PoseRange } from "./sampler";
import type { Vec3 } from "./vec3";

/** At most so many; with the hand's 30 they fill a scene's 32 capsules. */
const MOST = 2;

/**
 * Arms and fingers that are not the hand's: skin-coloured capsules behind all of the given joints' flesh, in camera frame
 * and crop sides. They take the hand's shadow and hide no joint.
 */
export function distractorsBehind(key: ImageKey, range: PoseRange, hand: readonly Capsule[]): Capsule[] {
  const draws = drawsFor(key, "distractors");
  if (!draws.chance(range.distractors)) return [];
  const deepest = Math.max(
    ...hand.filter(({ bone, chain }) => bone >= 0 || chain === CHAIN.palm).map(({ a, ra }) => a[2] + ra),
    ...hand.filter(({ bone }) => bone >= 0).map(({ b, rb }) => b[2] + rb),
  );
  return Array.from({ length: 1 + Math.floor(MOST * draws.uniform()) }, (): Capsule => {
    const [x, y, angle] = [draws.uniform(), draws.uniform(), draws.uniform(0, Math.PI)];
    const reach = draws.uniform(0.05, 0.6);
    const ra = draws.uniform(0.015, 0.1);
    const rb = ra * draws.uniform(0.75, 1.25);
    const [dx, dy] = [reach * Math.cos(angle), reach * Math.sin(angle)];
    const z = deepest + 1.3 * ra + draws.uniform(0.01, 0.2);
    const end = (side: number): Vec3 => [x + side * dx, y + side * dy, z];
    return { a: end(-1), b: end(1), ra, rb, back: [0, 0, -1], chain: CHAIN.behind, bone: -1, joints: [] };
  });
}
