import { type Gpu, ShapeError, type Tensor } from "../../engine/index";
import { kernels } from "../../kernels/index";
import type { Look } from "./look";
import { packScene, packTiles, SCENE_FLOATS, TILE } from "./pack";
import type { Scene } from "./scene";

/** What is written for each pixel: three planes. */
export interface Output {
  /** RGB as displayed, 0 to 1, leaves as (rgb - mean) / std. */
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
  /** Samples a pixel along each axis. */
  readonly samples?: 1 | 2;
}

/** ImageNet's, as VGG19 was trained with. */
export const NORMALISED: Output = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
/** RGB from 0 to 255, not rounded. */
export const RGB: Output = { mean: [0, 0, 0], std: [1 / 255, 1 / 255, 1 / 255] };

export interface DressedScene {
  readonly scene: Scene;
  readonly look: Look;
}

/** What hand.wgsl writes for a pixel: its OUTPUT. */
const DISPLAYED = 0;
const LIGHT = 1;
const PARTS = 2;

/**
 * Draws one scene an image into `images` [B, 3, S, S]: in one dispatch, or in three where a camera blurs or adds noise.
 * Throws ShapeError where the tensor is of another shape or the numbers differ.
 */
export function renderScenes(gpu: Gpu, images: Tensor, scenes: readonly DressedScene[], output: Output): void {
  const { samples = 2 } = output;
  const ideal = scenes.every(({ look: { camera } }) => camera.blur === 0 && camera.read === 0 && camera.shot === 0);
  drawHands(gpu, images, scenes, { SAMPLES: samples, OUTPUT: ideal ? DISPLAYED : LIGHT }, output);
  if (!ideal) photograph(gpu, images, scenes, output);
}

/**
 * What lies under each pixel's centre, for tests and pictures: planes of coverage (0 or 1), the capsule's number plus one
 * (0: background), and depth in crop sides (0 in the background).
 */
export function renderParts(gpu: Gpu, images: Tensor, scenes: readonly DressedScene[]): void {
  drawHands(gpu, images, scenes, { SAMPLES: 1, OUTPUT: PARTS }, RGB);
}

function drawHands(
  gpu: Gpu,
  images: Tensor,
  scenes: readonly DressedScene[],
  params: { SAMPLES: number; OUTPUT: number },
  output: Output,
): void {
  const [batch, channels, height, width] = images.shape;
  if (images.shape.length !== 4 || channels !== 3 || height !== width || batch !== scenes.length) {
    throw new ShapeError("synthetic hands", `needs [${scenes.length}, 3, S, S]`, [images.shape]);
  }
  const tiles = Math.ceil(width / TILE);
  const words = 2 * tiles * tiles;
  const packed = new Float32Array(batch * SCENE_FLOATS);
  const masks = new Uint32Array(batch * words);
  for (const [i, { scene, look }] of scenes.entries()) {
    packScene(packed.subarray(i * SCENE_FLOATS, (i + 1) * SCENE_FLOATS), scene, look);
    packTiles(masks.subarray(i * words, (i + 1) * words), scene, look, width);
  }
  gpu.scope(() => {
    gpu.dispatch({
      kernel: kernels.hand,
      params,
      uniforms: { size: width, tiles, ...scaling(output) },
      bindings: { scenes: gpu.tensor(packed, [packed.length]), masks: gpu.words(masks, [masks.length]), images },
      workgroups: [tiles, tiles, batch],
    });
  });
}

/** Turns the light in `images` into what each scene's camera displays of it. */
function photograph(gpu: Gpu, images: Tensor, scenes: readonly DressedScene[], output: Output): void {
  const size = images.shape[3];
  const words = new Uint32Array(4 * scenes.length);
  for (const [i, { look }] of scenes.entries()) {
    const { blur, read, shot, seed } = look.camera;
    new Float32Array(words.buffer).set([blur * size, read, shot], 4 * i);
    words[4 * i + 3] = seed;
  }
  const n = scenes.length * size * size;
  gpu.scope(() => {
    const cameras = gpu.words(words, [words.length]);
    const blurred = gpu.empty(images.shape);
    const passes = [
      { light: images, images: blurred },
      { light: blurred, images },
    ];
    for (const [PASS, bindings] of passes.entries()) {
      gpu.dispatch({
        kernel: kernels.camera,
        params: { PASS },
        uniforms: { size, n, ...scaling(output) },
        bindings: { cameras, ...bindings },
        workgroups: gpu.grid(n, 64),
      });
    }
  });
}

const scaling = ({ mean, std }: Output) => ({ mean: [...mean, 0], inverseStd: [...std.map((s) => 1 / s), 0] });
