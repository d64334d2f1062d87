import { existsSync, statSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { UserError } from "../../../engine/errors/index";
import { parseJson, readText } from "../../../model/files/node";
import { type Format, type Found, findFiles, readJoints } from "../contract/node";

/** CMU Panoptic's two hand sets. */
const HAND143 = "hands_v143_14817.json";

/**
 * CMU Panoptic: `hand143_panopticdb` (one JSON whose `root` lists `img_paths` and `joint_self`, 21 x [x, y, v]), or
 * `hand_labels` (a JSON beside each image with `hand_pts`, 21 x [x, y, v]; `NAME_l.jpg` and `NAME_r.jpg` are two hands of
 * one frame). Joints are in NSRM's order.
 */
export const format: Format = {
  read(source) {
    const whole = statSync(source).isDirectory()
      ? [join(source, HAND143), join(source, "hand143_panopticdb", HAND143)].find((path) => existsSync(path))
      : source;
    return whole ? readHand143(whole) : readManual(source);
  },
};

function readHand143(path: string): Found {
  const { root } = object(path);
  if (!Array.isArray(root)) throw new UserError(`${path}: expected "root", a list of hands with img_paths, joint_self`);
  const hands = root.map((entry, i) => {
    const where = `${path}: root[${i}]`;
    const photo: unknown = entry?.img_paths;
    if (typeof photo !== "string") throw new UserError(`${where}: expected img_paths, the image's path`);
    const { img_width: width, img_height: height } = entry;
    return {
      path: join(dirname(path), photo),
      photo,
      suffix: "",
      group: photo,
      ...readJoints(entry.joint_self, `${where}.joint_self`),
      ...(width > 0 && height > 0 && { photoSize: { width, height } }),
    };
  });
  return { hands, skipped: [], notes: [] };
}

function readManual(source: string): Found {
  const found: Found = { hands: [], skipped: [], notes: [] };
  for (const path of findFiles(source, ".json", 3)) {
    const { hand_pts: points } = object(path);
    const photo = relative(source, path);
    if (points === undefined) {
      found.skipped.push({ what: photo, why: "its JSON has no hand_pts" });
      continue;
    }
    const stem = path.slice(0, -".json".length);
    const image = [".jpg", ".png", ".jpeg"].map((ending) => stem + ending).find((file) => existsSync(file));
    found.hands.push({
      path: image ?? `${stem}.jpg`,
      photo: relative(source, image ?? `${stem}.jpg`),
      suffix: "",
      group: join(dirname(photo), basename(stem).replace(/_[lr]$/, "")),
      ...readJoints(points, `${path}: hand_pts`),
    });
  }
  if (found.hands.length === 0) {
    throw new UserError(`${source}: neither ${HAND143} nor JSON files with hand_pts beside their images`);
  }
  return found;
}

function object(path: string): Record<string, unknown> {
  const value = parseJson(readText(path, "labels of hands"), path);
  if (typeof value !== "object" || value === null) throw new UserError(`${path}: expected a JSON object`);
  return value as Record<string, unknown>;
}
