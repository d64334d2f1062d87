import { existsSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { UserError } from "../../../engine/errors/index";
import { parseJson, readText } from "../../../model/files/node";
import type { Box, Points } from "../../pose/index";
import {
  baseFirstScore,
  type Format,
  type Found,
  findFiles,
  type JointOrder,
  NSRM_ORDER,
  orderByNames,
  readJoints,
  reorder,
  reorderPoints,
  type Settings,
  TIP_FIRST_ORDER,
  turnedRound,
} from "../contract/node";

const number = z.number();
const imageSchema = z.looseObject({
  id: z.union([number, z.string()]),
  file_name: z.string().min(1),
  width: number.optional(),
  height: number.optional(),
});
const annotationSchema = z.looseObject({ image_id: z.union([number, z.string()]) });
const fileSchema = z.looseObject({
  images: z.array(imageSchema),
  annotations: z.array(annotationSchema),
  categories: z.array(z.looseObject({ keypoints: z.array(z.string()).optional() })).optional(),
});
type CocoFile = z.output<typeof fileSchema>;
type Annotation = CocoFile["annotations"][number];

/** Keypoints of an annotation: a hand's own, or the two hands of a whole body (COCO-WholeBody). */
const PARTS = [
  { keypoints: "keypoints", box: "bbox", suffix: "" },
  { keypoints: "lefthand_kpts", box: "lefthand_box", suffix: "l" },
  { keypoints: "righthand_kpts", box: "righthand_box", suffix: "r" },
] as const;

/**
 * COCO keypoint files (one JSON, or every JSON of a folder): `images`, `annotations` with `keypoints` as 63 numbers or 21
 * x [x, y, v] and perhaps a `bbox` [x, y, width, height], `categories`. v 0 is a joint without a label, whatever its place.
 * The joints' order is taken from the category's keypoint names; where the bones say that fingers are listed from tip to
 * base after all (mmpose's RHD names them wrongly), they are turned round.
 */
export const format: Format = {
  read(source, settings) {
    const files = statSync(source).isDirectory() ? cocoFilesIn(source) : [source];
    const found: Found = { hands: [], skipped: [], notes: [] };
    for (const path of files) readFile(path, source, settings, found);
    return found;
  },
  options: [
    { name: "images", placeholder: "dir", says: "where the images lie, if not around the annotation file" },
    {
      ...{ name: "order", placeholder: "name", words: ["auto", "base-first", "tip-first"] },
      says: "how fingers are listed, base-first, tip-first or auto (by names and bones)",
    },
  ],
};

/** Other JSON files may lie about: COCO's own have images and annotations. */
function cocoFilesIn(folder: string): string[] {
  const all = findFiles(folder, ".json", 2);
  if (all.length === 0) throw new UserError(`${folder}: no .json file in it (a COCO keypoint file)`);
  const own = all.filter((path) => /"images"\s*:/.test(readText(path, "a COCO keypoint file")));
  return own.length > 0 ? own : all.slice(0, 1);
}

function readFile(path: string, source: string, settings: Settings, found: Found): void {
  const raw = parseJson(readText(path, "a COCO keypoint file"), path);
  const parsed = fileSchema.safeParse(raw);
  if (!parsed.success) {
    const { path: at, message } = parsed.error.issues[0];
    throw new UserError(`${path}: not a COCO keypoint file: ${at.join(".") || "the whole"}: ${message}`);
  }
  const { images, annotations, categories } = parsed.data;
  const photos = new Map(images.map((image) => [image.id, image]));
  const rows = annotations.flatMap((annotation, i) => handsOf(annotation, `${path}: annotation ${annotation.id ?? i}`));
  if (rows.length === 0) {
    throw new UserError(`${path}: no annotation has keypoints (expected 63 numbers each: 21 joints' x, y, v)`);
  }
  const order = orderOf(path, rows, categories?.flatMap((c) => (c.keypoints ? [c.keypoints] : []))[0], settings, found);
  const perPhoto = new Map<unknown, number>();
  for (const { annotation } of rows) perPhoto.set(annotation.image_id, (perPhoto.get(annotation.image_id) ?? 0) + 1);
  const seen = new Map<unknown, number>();
  for (const { annotation, points, visible, box, suffix } of rows) {
    const photo = photos.get(annotation.image_id);
    if (!photo) {
      found.skipped.push({ what: `annotation ${annotation.id ?? "?"}`, why: "its image_id is not among the images" });
      continue;
    }
    const nth = seen.get(annotation.image_id) ?? 0;
    seen.set(annotation.image_id, nth + 1);
    const { width, height } = photo;
    found.hands.push({
      path: findImage(photo.file_name, path, source, settings.images),
      photo: photo.file_name,
      suffix: perPhoto.get(annotation.image_id) === 1 ? "" : suffix || String(nth),
      group: photo.file_name,
      points: reorderPoints(points, order),
      visible: reorder(visible, order),
      ...(width && height && { photoSize: { width, height } }),
      ...(box && { box }),
    });
  }
}

interface Row {
  annotation: Annotation;
  points: Points;
  visible: readonly boolean[];
  box: Box | null;
  suffix: string;
}

function handsOf(annotation: Annotation, where: string): Row[] {
  const wholeBody = PARTS.slice(1).some(({ keypoints }) => keypoints in annotation);
  return (wholeBody ? PARTS.slice(1) : PARTS.slice(0, 1)).flatMap(({ keypoints, box, suffix }): Row[] => {
    const values = annotation[keypoints];
    if (!Array.isArray(values) || values.length === 0) return [];
    const rows = labelledOnly(values, where);
    // A body without hands in the picture lists 21 zeros.
    if (wholeBody && rows.every(([, , v]) => v === 0)) return [];
    return [{ annotation, ...readJoints(rows, where), box: readBox(annotation[box]), suffix }];
  });
}

/** 21 x [x, y, v], of flat or nested numbers; those with v 0 lose their place, which COCO gives no meaning. */
function labelledOnly(values: readonly unknown[], where: string): number[][] {
  const flat = values.flat() as unknown[];
  if (flat.length !== 63) {
    const joints = flat.length % 3 === 0 ? `${flat.length / 3} joints` : `${flat.length} numbers`;
    throw new UserError(`${where}: expected 21 joints (63 numbers x, y, v), got ${joints}`);
  }
  return Array.from({ length: 21 }, (_, j) => {
    const [x, y, v] = flat.slice(3 * j, 3 * j + 3) as number[];
    return v > 0 ? [x, y, v] : [Number.NaN, Number.NaN, 0];
  });
}

/** A box of no size stands for none. */
function readBox(value: unknown): Box | null {
  if (!Array.isArray(value) || value.length !== 4 || !value.every((v) => Number.isFinite(v))) return null;
  const [x, y, width, height] = value as number[];
  return width > 0 && height > 0 ? { x, y, width, height } : null;
}

function orderOf(
  path: string,
  rows: readonly Row[],
  names: readonly string[] | undefined,
  { order = "auto" }: Settings,
  found: Found,
): JointOrder {
  if (order !== "auto") return order === "base-first" ? NSRM_ORDER : TIP_FIRST_ORDER;
  const named = names && orderByNames(names);
  const score = baseFirstScore(rows.map(({ points }) => reorderPoints(points, named ?? NSRM_ORDER)));
  if (!named) found.notes.push(`${path}: it names no joints; taken as wrist, thumb, index, middle, ring, little`);
  if (score > TIP_FIRST_BELOW) return named ?? NSRM_ORDER;
  found.notes.push(
    `${path}: the bones say that fingers are listed from tip to base${named ? ", though their names do not" : ""}; turned round (--order base-first keeps them)`,
  );
  return turnedRound(named ?? NSRM_ORDER);
}

/** A file of few hands may hold odd ones: only a clear sign turns fingers round. */
const TIP_FIRST_BELOW = -0.25;

/** Conversions give paths from the dataset's root, or names alone: looked for around the annotation file. */
function findImage(name: string, annotationFile: string, source: string, images: string | undefined): string {
  const beside = dirname(annotationFile);
  const roots = images
    ? [images]
    : [
        beside,
        dirname(beside),
        source,
        ...["images", "imgs"].flatMap((d) => [join(beside, d), join(dirname(beside), d)]),
      ];
  const places = roots.flatMap((root) => [join(root, name), join(root, basename(name))]);
  return places.find((place) => existsSync(place)) ?? join(images ?? beside, name);
}
