import type { Gpu, Tensor } from "../../engine/index";
import { HAND } from "../../masks/index";
import type { Dataset, Example, SplitName } from "../data/index";
import { boxAround, type Points, type Pose, pointsOf, scalePoints, toMapUnits } from "../pose/index";
import { sampleLook } from "./look";
import { type DressedScene, NORMALISED, type Output, renderParts, renderScenes } from "./renderer";
import { type ImageKey, POSE_RANGES, type PoseRange, type PoseRangeName } from "./sampler";
import { buildScene, type Scene, visibleJoints } from "./scene";

/** Which hands are drawn. */
export interface SyntheticOptions {
  readonly seed: number;
  readonly splitName: SplitName;
  /** Images in the split. Any index from 0 on can be drawn: there is no end to them. */
  readonly size: number;
  /** S, the side of the images in pixels. */
  readonly imageSize: number;
  readonly poses?: PoseRangeName;
}

/**
 * Hands that never were, drawn by kernels/hand.wgsl as they are asked for. Image n is a pure function of (seed, split, n),
 * the same on every adapter up to rounding. Pixel i's centre is coordinate i, as in labels of real photographs.
 */
export class SyntheticDataset implements Dataset {
  readonly skeleton = HAND;
  readonly splitName: SplitName;
  readonly size: number;
  readonly imageSize: number;
  readonly #seed: number;
  readonly #range: PoseRange;

  constructor(
    readonly gpu: Gpu,
    { seed, splitName, size, imageSize, poses = "simple" }: SyntheticOptions,
  ) {
    this.splitName = splitName;
    this.size = size;
    this.imageSize = imageSize;
    this.#seed = seed;
    this.#range = POSE_RANGES[poses];
  }

  /** [21, 2] in pixels: the joint centres' exact projections. */
  points(n: number): Points {
    return projectionOf(this.scene(n), this.imageSize);
  }

  /** Per joint, whether no other part of the hand lies in front of it. */
  visible(n: number): boolean[] {
    return visibleJoints(this.scene(n));
  }

  /** Draws the images of `indices` into `input` [B, 3, S, S], normalised unless `output` says otherwise. */
  renderInto(input: Tensor, indices: readonly number[], output: Output = NORMALISED): void {
    const scenes = indices.map((n) => this.#dressed(n));
    renderScenes(this.gpu, input, scenes, output);
  }

  /** Draws what lies under each pixel instead of its colour: coverage, capsule number + 1, depth. */
  renderPartsInto(input: Tensor, indices: readonly number[]): void {
    const scenes = indices.map((n) => this.#dressed(n));
    renderParts(this.gpu, input, scenes);
  }

  async pose(n: number): Promise<Pose> {
    const scene = this.scene(n);
    const points = projectionOf(scene, this.imageSize);
    const size = this.imageSize;
    return {
      name: `${this.splitName}/${n}`,
      points,
      width: size,
      height: size,
      visible: visibleJoints(scene),
      tightBox: boxAround(points)!,
    };
  }

  /** One example with its pixels read back; training draws straight into the step's input by `renderInto`. */
  async load(n: number, input = new Float32Array(3 * this.imageSize ** 2)): Promise<Example> {
    const pose = await this.pose(n);
    const image = this.gpu.empty([1, 3, this.imageSize, this.imageSize]).keep();
    try {
      this.renderInto(image, [n]);
      input.set(await image.data());
    } finally {
      image.dispose();
    }
    return { ...pose, input, mapPoints: toMapUnits(pose, this.imageSize, false) };
  }

  /** The geometry of image n. @internal */
  scene(n: number): Scene {
    return buildScene(this.#key(n), this.#range);
  }

  #dressed(n: number): DressedScene {
    return { scene: this.scene(n), look: sampleLook(this.#key(n), this.#range) };
  }

  #key(n: number): ImageKey {
    if (!Number.isInteger(n) || n < 0) throw new RangeError(`synthetic hands: ${n} is no image number`);
    return { seed: this.#seed, split: this.splitName, n };
  }
}

/** Scenes are the unit square, which is the image; lines of sight are parallel to z. */
const projectionOf = ({ joints }: Scene, imageSize: number): Points => scalePoints(pointsOf(joints), imageSize);
