import type { Capsule } from "./flesh";

/** Where a line of sight meets a capsule first: the depth, and how far from `a` (0) to `b` (1) that sphere's centre lies. */
export interface Front {
  readonly z: number;
  readonly t: number;
}

/**
 * The point of a tapered capsule nearest to the viewer on the line of sight through (x, y), parallel to z; null where the
 * line passes by. The float64 twin of `front` in kernels/hand.wgsl, which derives the formula.
 */
export function frontOf({ a, b, ra, rb }: Pick<Capsule, "a" | "b" | "ra" | "rb">, x: number, y: number): Front | null {
  const [dx, dy, dz, dr] = [b[0] - a[0], b[1] - a[1], b[2] - a[2], rb - ra];
  const [ex, ey] = [x - a[0], y - a[1]];
  const A = Math.min(dr * dr - dx * dx - dy * dy, -END_ON);
  const B = ra * dr + ex * dx + ey * dy;
  const C = ra * ra - ex * ex - ey * ey;
  const s = dz * Math.sqrt(Math.max(B * B - A * C, 0) / (dz * dz - A));
  const t = Math.min(Math.max((s - B) / A, 0), 1);
  const q = (A * t + 2 * B) * t + C;
  return q > 0 ? { z: a[2] + t * dz - Math.sqrt(q), t } : null;
}

/** How close A may come to zero; the kernel's END_ON. */
const END_ON = 1e-6;
