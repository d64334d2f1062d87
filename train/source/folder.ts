import { join } from "node:path";
import type { Skeleton } from "../../masks/index";
import {
  type Contents,
  type Dataset,
  type Example,
  normalise,
  type RgbImage,
  resizeNearest,
  SPLITS,
  type SplitName,
} from "../data/index";
import { decodeImage, imageSizeOf, resizeInBackground } from "../data/node";
import { type Pose, toMapUnits } from "../pose/index";
import { contentsOf } from "./hash-contents";
import { type LabelRecord, readLabels } from "./labels";

export interface FolderOptions {
  /** A folder in the NSRM layout (see labels.ts). */
  root: string;
  /** What is labelled in it. */
  skeleton: Skeleton;
  imageSize: number;
  resize?: "bicubic" | "nearest";
  integerLabels?: "original" | "exact";
  /** Leave out images without a file or a good label, instead of throwing. */
  skipBad?: boolean;
  /** Memory for decoded and resized images, shared by the splits. */
  cacheBytes?: number;
  /** The splits that are needed; all three by default. */
  splits?: readonly SplitName[];
}

export interface Folder {
  splits: Map<SplitName, FolderDataset>;
  notes: string[];
  /** What the folder holds, as far as training goes. */
  contents(): Contents;
}

/** Opens a dataset folder, everything but the pixels checked. Throws UserError: file, image, what was expected. */
export function openFolder(options: FolderOptions): Folder {
  const { records, notes } = readLabels(
    options.root,
    options.skeleton,
    options.splits ?? SPLITS,
    options.skipBad ?? false,
  );
  const cache = new ImageCache(options.cacheBytes ?? 0);
  const splits = new Map(
    [...records].map(([split, list]) => [split, new FolderDataset(split, list, options, cache)] as const),
  );
  return {
    splits,
    notes,
    contents: () => Object.fromEntries([...records].map(([split, list]) => [split, contentsOf(list)])),
  };
}

/** One split of a folder: decoded by sharp, resized as Pillow does (ignoring the aspect ratio), normalised. */
export class FolderDataset implements Dataset {
  readonly #sizes = new Map<number, { width: number; height: number }>();

  constructor(
    readonly splitName: SplitName,
    readonly records: readonly LabelRecord[],
    private readonly options: FolderOptions,
    private readonly cache: ImageCache,
  ) {}

  get skeleton(): Skeleton {
    return this.options.skeleton;
  }

  get size(): number {
    return this.records.length;
  }

  get imageSize(): number {
    return this.options.imageSize;
  }

  async load(index: number, input = new Float32Array(3 * this.imageSize ** 2)): Promise<Example> {
    const path = this.#path(index);
    let image = this.cache.get(path);
    if (!image) {
      const stored = await decodeImage(path);
      this.#sizes.set(index, { width: stored.width, height: stored.height });
      const resize = this.options.resize === "nearest" ? resizeNearest : resizeInBackground;
      image = await resize(stored, this.imageSize, this.imageSize);
      this.cache.add(path, image);
    }
    const pose = await this.pose(index);
    const truncate = this.options.integerLabels !== "exact" && this.records[index].integers;
    return { ...pose, input: normalise(image, input), mapPoints: toMapUnits(pose, this.imageSize, truncate) };
  }

  async pose(index: number): Promise<Pose> {
    let size = this.#sizes.get(index);
    if (!size) this.#sizes.set(index, (size = await imageSizeOf(this.#path(index))));
    const { name, points, visible, tightBox } = this.records[index];
    return { name, points, ...(visible && { visible }), ...(tightBox && { tightBox }), ...size };
  }

  async check(index: number): Promise<void> {
    const { width, height } = await decodeImage(this.#path(index));
    this.#sizes.set(index, { width, height });
  }

  #path(index: number): string {
    return join(this.options.root, "imgs", this.records[index].name);
  }
}

/**
 * Keeps resized images by path until the budget is spent, then keeps what it has: epochs visit every image once, so
 * throwing out the oldest would throw out the one that is needed next.
 */
class ImageCache {
  readonly #images = new Map<string, RgbImage>();
  #left: number;

  constructor(bytes: number) {
    this.#left = bytes;
  }

  get(path: string): RgbImage | undefined {
    return this.#images.get(path);
  }

  add(path: string, image: RgbImage): void {
    if (this.#images.has(path) || image.data.byteLength > this.#left) return;
    this.#left -= image.data.byteLength;
    this.#images.set(path, image);
  }
}
