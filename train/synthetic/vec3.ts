/** The little vector algebra that the hand needs, in float64. */
export type Vec3 = readonly [number, number, number];

export const add = (a: Vec3, b: Vec3): Vec3 => [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
export const sub = (a: Vec3, b: Vec3): Vec3 => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
export const scale = (a: Vec3, s: number): Vec3 => [a[0] * s, a[1] * s, a[2] * s];
/** a + s b */
export const along = (a: Vec3, s: number, b: Vec3): Vec3 => [a[0] + s * b[0], a[1] + s * b[1], a[2] + s * b[2]];
export const mix = (a: Vec3, b: Vec3, t: number): Vec3 => along(scale(a, 1 - t), t, b);
export const dot = (a: Vec3, b: Vec3): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
export const cross = (a: Vec3, b: Vec3): Vec3 => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];
export const length = (a: Vec3): number => Math.sqrt(dot(a, a));
export const normalize = (a: Vec3): Vec3 => scale(a, 1 / length(a));
/** The part of `a` perpendicular to the unit vector `n`, at unit length. */
export const perpendicular = (a: Vec3, n: Vec3): Vec3 => normalize(along(a, -dot(a, n), n));

/** Rows of a 3 x 3 matrix. */
export type Mat3 = readonly [Vec3, Vec3, Vec3];

export const apply = (m: Mat3, v: Vec3): Vec3 => [dot(m[0], v), dot(m[1], v), dot(m[2], v)];
export const multiply = (a: Mat3, b: Mat3): Mat3 => {
  const columns: Mat3 = [
    [b[0][0], b[1][0], b[2][0]],
    [b[0][1], b[1][1], b[2][1]],
    [b[0][2], b[1][2], b[2][2]],
  ];
  const row = (r: Vec3): Vec3 => [dot(r, columns[0]), dot(r, columns[1]), dot(r, columns[2])];
  return [row(a[0]), row(a[1]), row(a[2])];
};

/** Rotation by `angle` (radians) about the unit vector `axis` (Rodrigues' formula). */
export function rotation(axis: Vec3, angle: number): Mat3 {
  const turn = (v: Vec3): Vec3 =>
    along(
      along(scale(v, Math.cos(angle)), Math.sin(angle), cross(axis, v)),
      dot(axis, v) * (1 - Math.cos(angle)),
      axis,
    );
  const [x, y, z] = [turn([1, 0, 0]), turn([0, 1, 0]), turn([0, 0, 1])];
  return [
    [x[0], y[0], z[0]],
    [x[1], y[1], z[1]],
    [x[2], y[2], z[2]],
  ];
}
