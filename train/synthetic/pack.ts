import type { Capsule } from "./flesh";
import { BLOBS, type Look, lightFrame } from "./look";
import type { Scene } from "./scene";
import { apply, type Vec3 } from "./vec3";

/** Capsules a scene can have: each is one bit of a tile's mask. */
export const MAX_CAPSULES = 32;
/** A workgroup of kernels/hand.wgsl draws a tile of TILE x TILE pixels. */
export const TILE = 8;
/** Floats of one `Scene` in kernels/hand.wgsl: 14 vec4 of look, 3 a blob, 5 a capsule. */
export const SCENE_FLOATS = 4 * (14 + 3 * BLOBS + 5 * MAX_CAPSULES);

/** Millimetres over which surfaces of one chain run into each other, and that a shadow needs to leave its caster. */
const BLEND = 5;
const SHADOW_BIAS = 3.5;

/** Writes a scene and its look in the order of `Scene` in kernels/hand.wgsl. */
export function packScene(out: Float32Array, { capsules, millimetre }: Scene, look: Look): void {
  let at = 0;
  const put = (...values: readonly number[]): void => {
    out.set(values, at);
    at += values.length;
  };
  const frame = lightFrame(look.light);
  put(...look.light, BLEND * millimetre);
  put(...look.lightColour, look.gloss);
  put(...look.sky, SHADOW_BIAS * millimetre);
  put(...look.ground, millimetre);
  put(...look.skin, 0);
  put(...look.palm, 0);
  put(...look.nail, 0);
  put(...look.sleeve, 0);
  for (const row of frame) put(...row, 0);
  put(...look.backdrop[0], Math.cos(look.angle));
  put(...look.backdrop[1], Math.sin(look.angle));
  put(look.noise.strength, look.noise.cells, look.noise.seed, 0);
  for (const { centre, angle, half, round, soft, colour, opacity } of look.blobs) {
    put(...centre, Math.cos(angle), Math.sin(angle));
    put(...half, round, soft);
    put(...colour, opacity);
  }
  for (const { a, b, ra, rb, back, chain, bone } of capsules) {
    put(...a, ra, ...b, rb, ...back, chain + 8 * (bone + 1));
    put(...apply(frame, a), ra, ...apply(frame, b), rb);
  }
}

/**
 * For each tile, as two masks with bit i for capsule i: which capsules its pixels can see, and which can throw a shadow on
 * what they see. Conservative: by bounding boxes. `out` holds 2 words a tile, row by row.
 */
export function packTiles(out: Uint32Array, { capsules }: Scene, { light }: Look, imageSize: number): void {
  out.fill(0);
  const tiles = Math.ceil(imageSize / TILE);
  const deepest = Math.max(...capsules.map(({ a, b, ra, rb }) => Math.max(a[2] + ra, b[2] + rb)));
  for (const [i, capsule] of capsules.entries()) {
    const box = boundsOf(capsule);
    mark(out, 0, i, box, tiles, imageSize);
    // Its shadow travels against the light until the deepest point of the scene.
    const nearest = Math.min(capsule.a[2] - capsule.ra, capsule.b[2] - capsule.rb);
    mark(out, 1, i, swept(box, light, (deepest - nearest) / -light[2]), tiles, imageSize);
  }
}

/** left, top, right, bottom in crop sides. */
type Bounds = readonly [number, number, number, number];

const boundsOf = ({ a, b, ra, rb }: Capsule): Bounds => [
  Math.min(a[0] - ra, b[0] - rb),
  Math.min(a[1] - ra, b[1] - rb),
  Math.max(a[0] + ra, b[0] + rb),
  Math.max(a[1] + ra, b[1] + rb),
];

const swept = ([left, top, right, bottom]: Bounds, light: Vec3, distance: number): Bounds => {
  const [dx, dy] = [-light[0] * distance, -light[1] * distance];
  return [left + Math.min(dx, 0), top + Math.min(dy, 0), right + Math.max(dx, 0), bottom + Math.max(dy, 0)];
};

/** Sets capsule i's bit in every tile that the bounds touch. Pixel p reaches from (p - 0.5) to (p + 0.5) / imageSize. */
function mark(out: Uint32Array, which: 0 | 1, i: number, bounds: Bounds, tiles: number, imageSize: number): void {
  const tileOf = (x: number) => Math.floor((x * imageSize + 0.5) / TILE);
  const [left, top] = [Math.max(tileOf(bounds[0]), 0), Math.max(tileOf(bounds[1]), 0)];
  const [right, bottom] = [Math.min(tileOf(bounds[2]), tiles - 1), Math.min(tileOf(bounds[3]), tiles - 1)];
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) out[2 * (y * tiles + x) + which] |= 1 << i;
  }
}
