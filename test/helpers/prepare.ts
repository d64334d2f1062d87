import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import sharp from "sharp";
import * as assert from "uvu/assert";
import { UserError } from "../../engine/errors/errors";
import type { Point } from "../../train/pose/index";
import type { FormatName } from "../../train/prepare/formats/node";
import { type PrepareOptions, prepare } from "../../train/prepare/node";
import { POSE_RANGES } from "../../train/synthetic/sampler";
import { buildScene } from "../../train/synthetic/scene";

/** A folder for what a test file makes; its `test.after(cleanUp)` removes it. */
export const temporary = mkdtempSync(join(tmpdir(), "nsrm-prepare-"));
export const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);

/** A hand's joints in a photograph of 200 x 160 pixels. */
export const hand = (n: number, scale = 150): Point[] =>
  buildScene({ seed: 2, split: "train", n }, POSE_RANGES.simple).joints.map(
    ([x, y]): Point => [20 + scale * x, 5 + scale * y],
  );
export const BOX = (joints: Point[]) => {
  const [xs, ys] = [joints.map(([x]) => x), joints.map(([, y]) => y)];
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs) - Math.min(...xs), Math.max(...ys) - Math.min(...ys)];
};

let sources = 0;
/** A dataset's folder with the given files; "photo" stands for a photograph, 200 x 160 with a bright patch at joint 0. */
export async function source(files: Record<string, unknown>): Promise<string> {
  const root = join(temporary, `set${sources++}`);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    const data = typeof content === "function" ? await content() : content;
    writeFileSync(
      join(root, name),
      data instanceof Uint8Array || typeof data === "string" ? data : JSON.stringify(data),
    );
  }
  return root;
}

export const photo = (width = 200, height = 160) =>
  sharp({ create: { width, height, channels: 3, background: { r: 40, g: 90, b: 140 } } });
export const jpg = () => photo().jpeg().toBuffer();
export const png = () => photo().png().toBuffer();

export const options = (format: FormatName, from: string, target: string): PrepareOptions => ({
  format,
  source: from,
  target,
  size: 64,
  split: { shares: [80, 10, 10], seed: 1111, contiguous: true },
  minJoints: 5,
  silent: true,
});

/** Prepares and reads back. */
export async function made(format: FormatName, from: string, changes: Partial<PrepareOptions> = {}) {
  const target = `${from}-out`;
  const prepared = await prepare({ ...options(format, from, target), ...changes });
  const table = (name: string) => JSON.parse(readFileSync(join(target, name), "utf8"));
  const labels: Record<string, Point[]> = table("labels.json");
  return {
    target,
    prepared,
    labels,
    visibility: table("visibility.json") as Record<string, number[]>,
    boxes: table("boxes.json") as Record<string, number[]>,
    partitions: table("partitions.json") as Record<string, string[]>,
    images: readdirSync(join(target, "imgs")).sort(),
  };
}

/** The one line a user gets to read, without the folder's own path. */
export async function refusal(action: () => Promise<unknown>): Promise<string> {
  try {
    await action();
  } catch (error) {
    assert.instance(error, UserError);
    const { message } = error as UserError;
    assert.not.match(message, /\n/);
    return message.replaceAll(/\S*nsrm-prepare-[^/]*\/(set\d+\/?)?/g, "");
  }
  throw new Error("expected a UserError");
}
export const refused = (format: FormatName, from: string) =>
  refusal(() => prepare(options(format, from, `${from}-out`)));

/** Where the joints must be in the crop. */
export function moved(joints: Point[], size = 64): Point[] {
  const [x, y, w, h] = BOX(joints);
  const side = 2.2 * Math.max(w, h);
  const [cx, cy] = [x + w / 2, y + h / 2];
  return joints.map(([px, py]) => [size / 2 + ((px - cx) * size) / side, size / 2 + ((py - cy) * size) / side]);
}
export function near(got: Point[], want: Point[], what: string) {
  for (const [j, [x, y]] of want.entries()) {
    const off = Math.hypot(got[j][0] - x, got[j][1] - y);
    assert.ok(off < 2e-3, `${what}, joint ${j}: ${got[j]}, expected ${x}, ${y}`);
  }
}

export const flat = (joints: Point[], v: number | ((j: number) => number) = 1) =>
  joints.flatMap(([x, y], j) => {
    const flag = typeof v === "number" ? v : v(j);
    return flag === 0 ? [0, 0, 0] : [x, y, flag];
  });
export const NAMES = [
  "wrist",
  ...["thumb", "forefinger", "middle", "ring", "pinky"].flatMap((f) => [1, 2, 3, 4].map((i) => f + i)),
];
export const coco = (annotations: unknown[], images?: unknown[], names = NAMES) => ({
  images: images ?? annotations.map((_, i) => ({ id: i + 1, file_name: `data/${i}.jpg`, width: 200, height: 160 })),
  annotations: annotations.map((a, i) => ({ id: 10 + i, image_id: i + 1, category_id: 1, ...(a as object) })),
  categories: [{ id: 1, name: "hand", keypoints: names }],
});
export const photos = (count: number) => Object.fromEntries(numbers(count).map((i) => [`${i}.jpg`, jpg]));

export const cleanUp = () => rmSync(temporary, { recursive: true, force: true });
