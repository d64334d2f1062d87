import { existsSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../../engine/index";
import type { Skeleton } from "../../masks/index";
import { isFolder, parseJson, readText, statsOf } from "../../model/files/node";
import type { SplitName } from "../data/index";
import { type Box, isPlaced, type Points, pointsOf } from "../pose/index";
import { canFit, withFittedJoints } from "./fitted-joints";

/** One line of a dataset's labels, checked. */
export interface LabelRecord {
  readonly name: string;
  /** [J, 2] in pixels. */
  readonly points: Points;
  /** All its numbers are written as integers ("129", not "129.0"), which the original's array of integers truncates. */
  readonly integers: boolean;
  readonly visible?: readonly boolean[];
  readonly tightBox?: Box;
  /** Size of the image's file. */
  readonly bytes: number;
  /** Joints whose place is fitted, or (0, 0) taken as it stands. */
  readonly fitted: number;
  readonly atCorner: number;
}

export interface LabelledSplits {
  records: Map<SplitName, LabelRecord[]>;
  notes: string[];
}

/** The tables of such a folder. */
const TABLES = {
  labels: "labels.json",
  partitions: "partitions.json",
  visibility: "visibility.json",
  boxes: "boxes.json",
} as const;

/** Paths of a folder's tables, whether or not they are there. */
export const tablesOf = (root: string): string[] => Object.values(TABLES).map((name) => join(root, name));

/**
 * Reads and checks the labels of a folder in the NSRM layout:
 *
 *     imgs/             the images
 *     labels.json       { name: [[x, y] x J] } in pixels; a hand's are 21
 *     partitions.json   { "train": [name, ...], "valid": [...], "test": [...] }
 *     visibility.json   optional, { name: [0 or 1, x J] }; 0 and [0, 0] is a joint without a label, which is fitted
 *     boxes.json        optional, the hand's tight box { name: [x, y, width, height] } in pixels
 *
 * Throws UserError (file, image, joint, what was expected). With `skipBad`, images that lack a file or a good label are
 * left out and a note tells how many.
 */
export function readLabels(
  root: string,
  skeleton: Skeleton,
  splits: readonly SplitName[],
  skipBad: boolean,
): LabelledSplits {
  if (!statsOf(root)) throw new UserError(`${root}: no such folder (expected imgs/, labels.json, partitions.json)`);
  const imgs = join(root, "imgs");
  if (!isFolder(imgs)) throw new UserError(`${imgs}: no such folder (the images)`);
  const labelsPath = join(root, TABLES.labels);
  const text = readText(labelsPath, "the joints of every image");
  const sources: Sources = {
    skeleton,
    imgs,
    labels: readTable(labelsPath, text),
    integers: integerNames(text),
    visibility: readOptionalTable(join(root, TABLES.visibility)),
    boxes: readOptionalTable(join(root, TABLES.boxes)),
  };
  const partitionsPath = join(root, TABLES.partitions);
  const partitions = readTable(partitionsPath, readText(partitionsPath, "which images train, validate and test"));

  const notes: string[] = [];
  const records = new Map<SplitName, LabelRecord[]>();
  for (const split of splits) {
    const names = splitNames(partitions, split);
    const bad: string[] = [];
    const good: LabelRecord[] = [];
    for (const name of names) {
      const record = readRecord(name, `${partitions.path}, ${split}`, sources);
      if (typeof record === "string") bad.push(record);
      else good.push(record);
    }
    if (bad.length > 0 && !skipBad) throw new UserError(bad[0] + more(bad.length));
    if (bad.length > 0)
      notes.push(`${split}: left out ${bad.length} of ${names.length} images: ${bad[0]}${more(bad.length)}`);
    if (good.length === 0)
      throw new UserError(`${partitions.path}: ${split}: no good image is left of ${names.length}`);
    records.set(split, good);
    notes.push(...unlabelled(split, good));
  }
  return { records, notes: [...notes, ...overlaps(records)] };
}

interface Table {
  path: string;
  entries: Record<string, unknown>;
}

interface Sources {
  skeleton: Skeleton;
  imgs: string;
  labels: Table;
  integers: Set<string>;
  visibility: Table | null;
  boxes: Table | null;
}

function readTable(path: string, text: string): Table {
  // Python writes NaN and Infinity bare, which JSON has no words for: as text they are reported by image and joint.
  const strict = text.replace(/"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g, (token) =>
    token.startsWith('"') ? token : `"${token}"`,
  );
  const entries = parseJson(strict, path);
  if (typeof entries !== "object" || entries === null || Array.isArray(entries)) {
    throw new UserError(`${path}: expected a JSON object, got ${show(entries)}`);
  }
  return { path, entries: entries as Record<string, unknown> };
}

function readOptionalTable(path: string): Table | null {
  return existsSync(path) ? readTable(path, readText(path, "optional labels")) : null;
}

/** The names whose numbers are all written without a point or exponent; parsed JSON no longer tells 129.0 from 129. */
function integerNames(text: string): Set<string> {
  const keys = [...text.matchAll(/"(?:[^"\\]|\\.)*"(?=\s*:\s*\[)/g)];
  const plain = keys.filter((key, i) => !/[.eE]/.test(text.slice(key.index + key[0].length, keys[i + 1]?.index)));
  return new Set(plain.map((key) => JSON.parse(key[0]) as string));
}

function splitNames(partitions: Table, split: SplitName): string[] {
  const names = partitions.entries[split];
  if (!Array.isArray(names) || !names.every((name) => typeof name === "string" && name !== "")) {
    const got = names === undefined ? "nothing" : show(names);
    throw new UserError(`${partitions.path}: ${split}: expected a list of image names, got ${got}`);
  }
  if (names.length === 0) throw new UserError(`${partitions.path}: ${split}: expected at least one image, got none`);
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) throw new UserError(`${partitions.path}: ${split}: ${name} is listed twice`);
    if (name.split(/[/\\]/).includes("..")) {
      throw new UserError(`${partitions.path}: ${split}: ${name} leads out of imgs/`);
    }
    seen.add(name);
  }
  return names;
}

/** The checked record, or one line that says what is wrong with it. */
function readRecord(name: string, listedIn: string, sources: Sources): LabelRecord | string {
  const { skeleton, labels, visibility, boxes } = sources;
  const count = skeleton.joints.length;
  const file = join(sources.imgs, name);
  const stats = statsOf(file);
  if (!stats?.isFile()) return `${file}: no such image (named in ${listedIn})`;
  if (!Object.hasOwn(labels.entries, name)) return `${labels.path}: no label for ${name} (named in ${listedIn})`;
  const joints = labels.entries[name];
  if (!Array.isArray(joints) || joints.length !== count) {
    const got = Array.isArray(joints) ? String(joints.length) : show(joints);
    return `${labels.path}: ${name}: expected ${count} joints, got ${got}`;
  }
  const wrong = joints.findIndex((joint) => !isNumbers(joint, 2));
  if (wrong >= 0) {
    return `${labels.path}: ${name}: joint ${wrong}: expected [x, y] in pixels, got ${show(joints[wrong])}`;
  }
  const flags = visibility?.entries[name];
  if (visibility && !isNumbers(flags, count)) {
    return `${visibility.path}: ${name}: expected ${count} numbers (0 is not visible), got ${show(flags)}`;
  }
  const box = boxes?.entries[name];
  if (boxes && !(isNumbers(box, 4) && box[2] > 0 && box[3] > 0)) {
    return `${boxes.path}: ${name}: expected [x, y, width, height] of a box, got ${show(box)}`;
  }
  const corner = joints.map(([x, y]) => x === 0 && y === 0);
  // As in COCO's files; trained on as they stand they would teach that hands have fingers in the corner.
  const points = pointsOf(
    joints.map((joint, j) => (corner[j] && flags && !((flags as number[])[j] > 0) ? null : joint)),
  );
  const missing = joints.flatMap((_, j) => (isPlaced(points, j) ? [] : [j]));
  if (missing.length > 0 && !canFit(skeleton)) {
    return `${labels.path}: ${name}: joint ${missing[0]} has no label; expected one for each, as a ${skeleton.name} has no model`;
  }
  if (missing.length > count - 2)
    return `${labels.path}: ${name}: expected at least 2 labelled joints, got ${count - missing.length}`;
  return {
    name,
    points: withFittedJoints(skeleton, points),
    integers: sources.integers.has(name),
    bytes: stats.size,
    fitted: missing.length,
    atCorner: corner.filter(Boolean).length - missing.length,
    ...(visibility && { visible: (flags as number[]).map((flag) => flag > 0) }),
    ...(boxes && { tightBox: toBox(box as number[]) }),
  };
}

/** What there is to say of joints that may have no label. */
function unlabelled(split: SplitName, records: readonly LabelRecord[]): string[] {
  const count = (pick: (record: LabelRecord) => number) => {
    const some = records.map(pick).filter((n) => n > 0);
    return some.length > 0 ? `${some.reduce((a, b) => a + b)} joints of ${some.length} images` : null;
  };
  const [fitted, atCorner] = [count((r) => r.fitted), count((r) => r.atCorner)];
  return [
    ...(fitted
      ? [`${split}: ${fitted} have no label ((0, 0), not visible): fitted, where a flat hand over the others has them`]
      : []),
    ...(atCorner
      ? [`${split}: ${atCorner} lie at (0, 0) and are taken so; visibility.json says 0 of those without a label`]
      : []),
  ];
}

function toBox([x, y, width, height]: number[]): Box {
  return { x, y, width, height };
}

/** An image that is trained on must not be what the network is judged by; the original's sample folder does just that. */
function overlaps(records: Map<SplitName, LabelRecord[]>): string[] {
  const train = new Set(records.get("train")?.map((record) => record.name));
  return [...records]
    .filter(([split]) => split !== "train")
    .map(([split, list]) => [split, list.filter((record) => train.has(record.name)).length] as const)
    .filter(([, shared]) => shared > 0)
    .map(([split, shared]) => `${shared} of the ${split} images are trained on too: their PCK says little`);
}

function isNumbers(value: unknown, length: number): value is number[] {
  return Array.isArray(value) && value.length === length && value.every((v) => Number.isFinite(v));
}

function more(count: number): string {
  return count > 1 ? ` (and ${count - 1} more)` : "";
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
