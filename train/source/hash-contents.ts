import { createHash } from "node:crypto";
import type { SplitContents } from "../data/index";
import type { LabelRecord } from "./labels";

/** Hashes what defines a split's samples. Pixels are not read: another image has, but for rare chance, another size in bytes. */
export function contentsOf(records: readonly LabelRecord[]): SplitContents {
  return {
    images: records.length,
    names: hash(records.map(({ name }) => JSON.stringify(name))),
    files: hash(records.map(({ bytes }) => String(bytes))),
    labels: hash(records.map(labelsOf)),
  };
}

const labelsOf = ({ points, integers, visible, tightBox: box }: LabelRecord): string =>
  JSON.stringify([[...points], integers, visible ?? null, box ? [box.x, box.y, box.width, box.height] : null]);

function hash(lines: Iterable<string>): string {
  const sha256 = createHash("sha256");
  for (const line of lines) sha256.update(`${line}\n`);
  return sha256.digest("hex");
}
