import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileError } from "../../model/files/node";
import { SPLITS, type SplitName } from "../data/index";
import { type Box, listPoints, type Points } from "../pose/index";

/** A labelled image of a dataset folder in the NSRM layout (train/source/labels.ts). */
export interface Labelled {
  readonly name: string;
  readonly split: SplitName;
  /** [J, 2] in pixels of the image. */
  readonly points: Points;
  readonly visible: readonly boolean[];
  readonly tightBox: Box;
}

/** Writes a dataset folder in the NSRM layout: images as they come, the tables at the end. */
export class NsrmFolder {
  readonly #labelled: Labelled[] = [];

  private constructor(readonly root: string) {}

  /** @param root an empty folder */
  static async create(root: string): Promise<NsrmFolder> {
    await mkdir(join(root, "imgs"));
    return new NsrmFolder(root);
  }

  /** @throws UserError where the disk is full */
  async add(labelled: Labelled, image: Uint8Array): Promise<void> {
    await write(join(this.root, "imgs", labelled.name), image);
    this.#labelled.push(labelled);
  }

  /** Writes the tables, their images in the order of `names`, which may have more. */
  async finish(names: readonly string[]): Promise<void> {
    const rank = new Map(names.map((name, i) => [name, i]));
    const list = this.#labelled.sort((a, b) => rank.get(a.name)! - rank.get(b.name)!);
    const table = (value: (labelled: Labelled) => string) =>
      `{\n${list.map((labelled) => `${JSON.stringify(labelled.name)}:${value(labelled)}`).join(",\n")}\n}\n`;
    const partitions = Object.fromEntries(
      SPLITS.map((split) => [split, list.filter((l) => l.split === split).map((l) => l.name)]),
    );
    await write(
      join(this.root, "labels.json"),
      table(({ points }) => `[${listPoints(points).map(decimals).join(",")}]`),
    );
    await write(
      join(this.root, "visibility.json"),
      table(({ visible }) => JSON.stringify(visible.map(Number))),
    );
    await write(
      join(this.root, "boxes.json"),
      table(({ tightBox: b }) => decimals([b.x, b.y, b.width, b.height])),
    );
    await write(join(this.root, "partitions.json"), `${JSON.stringify(partitions)}\n`);
  }
}

/** Always with a point: labels written as integers count as truncated (`integer_labels`). */
const decimal = (value: number): string => value.toFixed(3);
const decimals = (values: readonly number[]): string => `[${values.map(decimal).join(",")}]`;

async function write(path: string, content: string | Uint8Array): Promise<void> {
  try {
    await writeFile(path, content);
  } catch (error) {
    throw fileError("write", path, error);
  }
}
