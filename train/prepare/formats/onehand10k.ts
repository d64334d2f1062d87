import { existsSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { UserError } from "../../../engine/errors/index";
import { readText } from "../../../model/files/node";
import type { Point } from "../../pose/index";
import { type Format, type Found, readJoints } from "../contract/node";

const FILE = "label_joint.txt";
const NUMBERS = 42;

/**
 * OneHand10K: `Train/label_joint.txt` and `Test/label_joint.txt` (or one of them), a line each image: its name in
 * `source/`, width, height, number of hands, then 21 x (x, y) for each labelled hand in NSRM's order, -1 for a missing joint.
 */
export const format: Format = {
  read(source) {
    const files = statSync(source).isDirectory()
      ? ["Train", "Test", "."].map((folder) => join(source, folder, FILE)).filter((path) => existsSync(path))
      : [source];
    if (files.length === 0) throw new UserError(`${source}: no ${FILE} in it, in Train/ or in Test/`);
    return { hands: files.flatMap((path) => readLabels(path, source)), skipped: [], notes: [] };
  },
};

function readLabels(path: string, source: string): Found["hands"] {
  const lines = readText(path, "OneHand10K's joints").split(/\r?\n/);
  return lines.flatMap((line, i) => {
    if (line.trim() === "") return [];
    const where = `${path}:${i + 1}`;
    const [name, ...rest] = line.split(",").map((field) => field.trim());
    // Some lines end with a comma.
    const fields = rest.at(-1) === "" ? rest.slice(0, -1) : rest;
    const [width, height, , ...numbers] = fields.map((field) => (field === "" ? Number.NaN : Number(field)));
    if (!(width > 0 && height > 0))
      throw new UserError(`${where}: expected name, width, height, number of hands, joints`);
    if (numbers.length === 0 || numbers.length % NUMBERS !== 0 || numbers.some(Number.isNaN)) {
      throw new UserError(`${where}: expected 21 joints (42 numbers x, y) a hand, got ${numbers.length} numbers`);
    }
    const image = join(dirname(path), "source", name);
    const photo = relative(source, image) || name;
    const hands = numbers.length / NUMBERS;
    return Array.from({ length: hands }, (_, k) => ({
      path: image,
      photo,
      suffix: hands > 1 ? String(k) : "",
      group: photo,
      photoSize: { width, height },
      ...readJoints(jointsOf(numbers.slice(k * NUMBERS, (k + 1) * NUMBERS)), where),
    }));
  });
}

const jointsOf = (numbers: readonly number[]): (readonly [...Point, number])[] =>
  Array.from({ length: NUMBERS / 2 }, (_, j) => {
    const [x, y] = [numbers[2 * j], numbers[2 * j + 1]];
    return x < 0 || y < 0 ? [Number.NaN, Number.NaN, 0] : [x, y, 1];
  });
