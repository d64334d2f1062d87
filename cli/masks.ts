import { join } from "node:path";
import { UserError } from "../engine/errors/index";
import { HAND } from "../masks/index";
import { writeFileAtomic } from "../model/files/node";
import { denormalise, SPLITS } from "../train/data/index";
import { masksSheet } from "../train/pictures/node";
import { cellsOf, fromMapUnits } from "../train/pose/index";
import { openFolder, tablesOf } from "../train/source/node";
import { renderAllMaps } from "../train/step/index";
import { withGpu } from "./gpu";
import { expectApart } from "./paths";
import { sideFrom } from "./sides";

export interface MasksOptions {
  data: string;
  image?: string;
  out: string;
  size: string;
  adapter?: string;
}

export async function masksCommand(options: MasksOptions): Promise<void> {
  const size = sideFrom("--size", options.size);
  const example = await findImage(options, size);
  const { data: root, out } = options;
  expectApart("--out", out, [join(root, "imgs", example.name), ...tablesOf(root)]);
  const { data } = denormalise(example.input, size, size);
  const png = await withGpu(options.adapter, async (gpu) => {
    const maps = await renderAllMaps(gpu, HAND, example.mapPoints, cellsOf(size));
    const image = { width: size, height: size, pixels: data };
    return masksSheet({ skeleton: HAND, name: example.name, image, points: fromMapUnits(example.mapPoints), ...maps });
  });
  await writeFileAtomic(out, [png]);
  console.log(`${out}: ${example.name}, maps of ${cellsOf(size)} x ${cellsOf(size)}`);
}

async function findImage({ data, image }: MasksOptions, size: number) {
  const { splits } = openFolder({ root: data, skeleton: HAND, imageSize: size });
  for (const name of SPLITS) {
    const split = splits.get(name);
    const index = image === undefined ? 0 : (split?.records.findIndex((r) => r.name === image) ?? -1);
    if (split && index >= 0 && index < split.size) return split.load(index);
  }
  throw new UserError(`--image ${image}: no image of that name in ${data}`);
}
