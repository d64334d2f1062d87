import { existsSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { UserError } from "../../../engine/errors/index";
import { blaming, NUMPY_GLOBALS, NumpyArray, readPickle } from "../../../model/exchange/index";
import { fileError, parseJson, readText } from "../../../model/files/node";
import { type Format, readJoints, type SourceHand, TIP_FIRST_ORDER } from "../contract/node";

const SETS = ["training", "evaluation"] as const;

/**
 * RHD (Rendered Handpose Dataset): `training/anno_training.pickle` and `evaluation/anno_evaluation.pickle`, or the same as
 * .json: { image number: { "uv_vis": 42 x [u, v, visible] } }, first the left hand, then the right, fingers from tip to
 * base; images `color/00000.png`. A hand that is not in the picture has no visible joint and is left out in silence.
 */
export const format: Format = {
  order: TIP_FIRST_ORDER,
  read(source) {
    const files = statSync(source).isDirectory() ? annotationFiles(source) : [source];
    if (files.length === 0) {
      throw new UserError(
        `${source}: no training/anno_training.pickle or evaluation/anno_evaluation.pickle (or .json)`,
      );
    }
    return { hands: files.flatMap((path) => readSet(path, source)), skipped: [], notes: [] };
  },
};

function annotationFiles(source: string): string[] {
  const places = SETS.flatMap((set) =>
    ["json", "pickle"].flatMap((type) => [
      join(source, set, `anno_${set}.${type}`),
      join(source, `anno_${set}.${type}`),
    ]),
  );
  const there = places.filter((path) => existsSync(path));
  return SETS.flatMap((set) => there.filter((path) => basename(path).startsWith(`anno_${set}.`)).slice(0, 1));
}

function readSet(path: string, source: string): SourceHand[] {
  const table = path.endsWith(".json")
    ? parseJson(readText(path, "RHD's labels"), path)
    : readPickle(bytesOf(path), path, { globals: NUMPY_GLOBALS, reads: "numpy arrays" }).value;
  const entries = table instanceof Map ? [...table] : typeof table === "object" && table ? Object.entries(table) : null;
  if (!entries) throw new UserError(`${path}: expected hands by image number`);
  return entries.flatMap(([number, entry]) => {
    const where = `${path}: ${number}`;
    const found: unknown = entry instanceof Map ? entry.get("uv_vis") : entry?.uv_vis;
    const rows = found instanceof NumpyArray ? blaming(path, () => found.toLists()) : found;
    if (!Array.isArray(rows) || rows.length !== 42)
      throw new UserError(`${where}: expected uv_vis, 42 x [u, v, visible]`);
    const image = join(dirname(path), "color", `${String(number).padStart(5, "0")}.png`);
    const photo = relative(source, image) || basename(image);
    return (["l", "r"] as const).flatMap((suffix, side): SourceHand[] => {
      const { points, visible } = readJoints(rows.slice(21 * side, 21 * side + 21), where);
      if (!visible.includes(true)) return [];
      return [{ path: image, photo, suffix, group: photo, points, visible }];
    });
  });
}

function bytesOf(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw fileError("read", path, error);
  }
}
