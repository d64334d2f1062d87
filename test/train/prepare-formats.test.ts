import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import sharp from "sharp";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { UserError } from "../../engine/errors";
import { SPLITS } from "../../train/data/dataset";
import { decodeImage } from "../../train/data/decode";
import { openFolder } from "../../train/data/folder";
import type { Point } from "../../train/prepare/hand";
import { type Format, type PrepareOptions, prepare } from "../../train/prepare/prepare";
import { summaryLines } from "../../train/prepare/summary";
import { POSE_RANGES } from "../../train/synthetic/sampler";
import { buildScene } from "../../train/synthetic/scene";
import { sharedFile } from "../helpers/shared";
import { runChild } from "./child";

const test = suite("prepare: formats");
const temporary = mkdtempSync(join(tmpdir(), "nsrm-prepare-"));
test.after(() => rmSync(temporary, { recursive: true }));
const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);

/** A hand's joints in a photograph of 200 x 160 pixels. */
const hand = (n: number, scale = 150): Point[] =>
  buildScene({ seed: 2, split: "train", n }, POSE_RANGES.simple).joints.map(
    ([x, y]): Point => [20 + scale * x, 5 + scale * y],
  );
const BOX = (joints: Point[]) => {
  const [xs, ys] = [joints.map(([x]) => x), joints.map(([, y]) => y)];
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs) - Math.min(...xs), Math.max(...ys) - Math.min(...ys)];
};

let sources = 0;
/** A dataset's folder with the given files; "photo" stands for a photograph, 200 x 160 with a bright patch at joint 0. */
async function source(files: Record<string, unknown>): Promise<string> {
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

const photo = (width = 200, height = 160) =>
  sharp({ create: { width, height, channels: 3, background: { r: 40, g: 90, b: 140 } } });
const jpg = () => photo().jpeg().toBuffer();
const png = () => photo().png().toBuffer();

const options = (format: Format, from: string, target: string): PrepareOptions => ({
  format,
  source: from,
  target,
  size: 64,
  split: { shares: [80, 10, 10], seed: 1111, contiguous: true },
  minJoints: 5,
  coco: { order: "auto" },
  silent: true,
});

/** Prepares and reads back. */
async function made(format: Format, from: string, changes: Partial<PrepareOptions> = {}) {
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
async function refusal(action: () => Promise<unknown>): Promise<string> {
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
const refused = (format: Format, from: string) => refusal(() => prepare(options(format, from, `${from}-out`)));

/** Where the joints must be in the crop. */
function moved(joints: Point[], size = 64): Point[] {
  const [x, y, w, h] = BOX(joints);
  const side = 2.2 * Math.max(w, h);
  const [cx, cy] = [x + w / 2, y + h / 2];
  return joints.map(([px, py]) => [size / 2 + ((px - cx) * size) / side, size / 2 + ((py - cy) * size) / side]);
}
function near(got: Point[], want: Point[], what: string) {
  for (const [j, [x, y]] of want.entries()) {
    const off = Math.hypot(got[j][0] - x, got[j][1] - y);
    assert.ok(off < 2e-3, `${what}, joint ${j}: ${got[j]}, expected ${x}, ${y}`);
  }
}

const flat = (joints: Point[], v: number | ((j: number) => number) = 1) =>
  joints.flatMap(([x, y], j) => {
    const flag = typeof v === "number" ? v : v(j);
    return flag === 0 ? [0, 0, 0] : [x, y, flag];
  });
const NAMES = [
  "wrist",
  ...["thumb", "forefinger", "middle", "ring", "pinky"].flatMap((f) => [1, 2, 3, 4].map((i) => f + i)),
];
const coco = (annotations: unknown[], images?: unknown[], names = NAMES) => ({
  images: images ?? annotations.map((_, i) => ({ id: i + 1, file_name: `data/${i}.jpg`, width: 200, height: 160 })),
  annotations: annotations.map((a, i) => ({ id: 10 + i, image_id: i + 1, category_id: 1, ...(a as object) })),
  categories: [{ id: 1, name: "hand", keypoints: names }],
});
const photos = (count: number) => Object.fromEntries(numbers(count).map((i) => [`${i}.jpg`, jpg]));

test("coco: crops, labels, visibility, boxes; images found by name; trains as it is", async () => {
  const hands = [hand(0), hand(1), hand(2)];
  const missing = (j: number) => (j === 0 || j === 8 ? 0 : 2);
  const from = await source({
    "annotations/test.json": coco([
      { keypoints: flat(hands[0]), bbox: [1.5, 2.5, 100.25, 99] },
      { keypoints: flat(hands[1], missing), bbox: [10, 10, 100, 100] },
      { keypoints: flat(hands[2]).map(Math.round) },
    ]),
    ...Object.fromEntries(Object.entries(photos(3)).map(([name, make]) => [`images/${name}`, make])),
  });
  const { labels, visibility, boxes, partitions, images, prepared, target } = await made("coco", from);
  assert.equal(images, ["0.jpg", "1.jpg", "2.jpg"]);
  near(labels["0.jpg"], moved(hands[0]), "the first");
  const [x, y, w, h] = boxes["0.jpg"];
  const tight = BOX(labels["0.jpg"]);
  for (const [i, v] of [x, y, w, h].entries()) assert.ok(Math.abs(v - tight[i]) < 2e-3);
  assert.ok(Math.abs(Math.max(w, h) - 64 / 2.2) < 2e-3);
  assert.equal(visibility["0.jpg"], new Array(21).fill(1));
  assert.equal(
    visibility["1.jpg"],
    numbers(21).map((j) => (j === 0 || j === 8 ? 0 : 1)),
  );
  assert.equal(partitions, { train: ["0.jpg"], valid: ["1.jpg"], test: ["2.jpg"] });
  assert.equal(prepared.joints, { labelled: 61, visible: 61, missing: 2 });
  assert.equal(prepared.hands, { train: 1, valid: 1, test: 1 });
  assert.equal([prepared.photos, prepared.skipped, prepared.notes], [3, [], []]);
  // The labelled joints of the second, without the two that were guessed.
  const known = numbers(21).filter((j) => j !== 0 && j !== 8);
  near(
    known.map((j) => labels["1.jpg"][j]),
    moved(known.map((j) => hands[1][j])),
    "the second",
  );
  const { splits } = openFolder({ root: target, imageSize: 64, integerLabels: "original" });
  for (const split of SPLITS) {
    const example = await splits.get(split)!.load(0);
    assert.is(example.width, 64);
    assert.ok(Math.max(example.tightBox!.width, example.tightBox!.height) > 29);
  }
});

test("labels that come out as whole numbers are not taken for truncated ones", async () => {
  const joints = numbers(21).map((j): Point => [20 + 5 * j, 30 + 10 * (j % 2)]);
  const from = await source({ "a.json": coco([{ keypoints: flat(joints) }]), "0.jpg": jpg });
  const { target, labels } = await made("coco", from, { size: 220 });
  assert.equal(
    labels["0.jpg"],
    joints.map(([x, y]): Point => [x + 40, y + 75]),
  );
  const { splits } = openFolder({ root: target, imageSize: 64, splits: ["train"] });
  assert.not(splits.get("train")!.records[0].integers);
});

test("coco: what the crop shows is what the photograph shows there, black outside", async () => {
  const joints = hand(3).map(([x, y]): Point => [x - 30, y]);
  const [x, y] = joints[9].map(Math.round);
  const spot = await sharp({ create: { width: 9, height: 9, channels: 3, background: "white" } })
    .png()
    .toBuffer();
  const file = await photo()
    .composite([{ input: spot, left: x - 4, top: y - 4 }])
    .jpeg({ quality: 95 })
    .toBuffer();
  const from = await source({ "a.json": coco([{ keypoints: flat(joints) }]), "0.jpg": file });
  const { labels, target } = await made("coco", from, { size: 128 });
  const { data } = await decodeImage(join(target, "imgs/0.jpg"));
  const pixel = (px: number, py: number) => data[(Math.round(py) * 128 + Math.round(px)) * 3];
  const [u, v] = labels["0.jpg"][9];
  assert.ok(pixel(u, v) > 200, "the white spot");
  const scale = 128 / (2.2 * Math.max(...BOX(joints).slice(2)));
  assert.ok(pixel(u + 9 * scale, v) < 80, "beside it");
  const [bx, by, bw, bh] = BOX(joints);
  const top = by + bh / 2 - 64 / scale;
  const left = bx + bw / 2 - 64 / scale;
  assert.ok(top < -5 || left < -5, "the crop reaches beyond the photograph");
  assert.ok(pixel(1, 1) < 12, "black outside");
});

test("coco: several hands in a photograph stay together; whole bodies have two; nested keypoints", async () => {
  const [a, b] = [hand(0, 70), hand(1, 70).map(([x, y]): Point => [x + 80, y])];
  const nested = numbers(21).map((j) => [...a[j], 1]);
  const images = [
    { id: 1, file_name: "0.jpg" },
    { id: 2, file_name: "1.jpg" },
    { id: 3, file_name: "2.jpg" },
  ];
  const body = {
    image_id: 2,
    keypoints: new Array(51).fill(0),
    lefthand_kpts: flat(a),
    righthand_kpts: flat(b),
    lefthand_box: [0, 0, 50, 50],
  };
  const none = { image_id: 3, lefthand_kpts: new Array(63).fill(0), righthand_kpts: flat(b) };
  const from = await source({
    "a.json": { ...coco([{ keypoints: nested }, body, none], images) },
    ...photos(3),
  });
  const file = JSON.parse(readFileSync(join(from, "a.json"), "utf8"));
  file.annotations.push({ id: 99, image_id: 1, keypoints: flat(b) });
  writeFileSync(join(from, "a.json"), JSON.stringify(file));
  const { images: crops, labels, partitions } = await made("coco", from);
  assert.equal(crops, ["0_0.jpg", "0_1.jpg", "1_l.jpg", "1_r.jpg", "2.jpg"]);
  near(labels["0_0.jpg"], moved(a), "nested");
  near(labels["1_r.jpg"], moved(b), "right");
  assert.equal(partitions, { train: ["0_0.jpg", "0_1.jpg"], valid: ["1_l.jpg", "1_r.jpg"], test: ["2.jpg"] });
});

test("coco: fingers listed from the tip are turned round, by their names or by the bones", async () => {
  const tipFirst = (joints: Point[]) => joints.map((_, j) => joints[j === 0 ? 0 : j + 3 - 2 * ((j - 1) % 4)]);
  const hands = numbers(8).map((n) => hand(n));
  const names = NAMES.map((_, j) => NAMES[j === 0 ? 0 : j + 3 - 2 * ((j - 1) % 4)]);
  const annotations = hands.map((h) => ({ keypoints: flat(tipFirst(h)) }));
  for (const [label, given, notes] of [
    ["named so", names, 0],
    ["named wrongly", NAMES, 1],
    ["not named", [], 2],
  ] as const) {
    const from = await source({ "a.json": coco(annotations, undefined, [...given]), ...photos(8) });
    const { labels, prepared } = await made("coco", from);
    near(labels["5.jpg"], moved(hands[5]), label);
    assert.is(prepared.notes.length, notes, prepared.notes.join("; "));
  }
  const from = await source({ "a.json": coco(annotations), ...photos(8) });
  const { labels } = await made("coco", from, { coco: { order: "base-first" } });
  near(labels["5.jpg"], moved(tipFirst(hands[5])), "as told");
});

test("coco: what cannot be used is left out and counted, the others keep their split", async () => {
  const good = { keypoints: flat(hand(0)) };
  const annotations = [
    good,
    good, // no image
    { keypoints: flat(hand(0), (j) => (j < 4 ? 1 : 0)) }, // 4 joints
    { keypoints: numbers(21).flatMap(() => [50, 50, 1]) }, // one point
    { keypoints: flat(hand(0).map(([x, y]): Point => [x + 500, y])) }, // outside
    { ...good, bbox: [300, 0, 20, 20] }, // box outside
    good, // another size
    good, // no image at all
    { ...good, image_id: 77 },
    good,
  ];
  const from = await source({
    "a.json": coco(annotations),
    ...photos(6),
    "6.jpg": () => photo(100, 100).jpeg().toBuffer(),
    "7.jpg": "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>",
    "9.jpg": jpg,
  });
  rmSync(join(from, "1.jpg"));
  const { prepared, partitions, target } = await made("coco", from);
  assert.equal(partitions, { train: ["0.jpg"], valid: [], test: ["9.jpg"] });
  const why = Object.fromEntries(prepared.skipped.map((s) => [s.what.replace("data/", ""), s.why]));
  assert.equal(why, {
    "annotation 18": "its image_id is not among the images",
    "1.jpg": "there is no such image",
    "2.jpg": "fewer than 5 of 21 joints are labelled (--min-joints)",
    "3.jpg": "its joints lie within 4 pixels",
    "4.jpg": "its joints lie outside the photograph",
    "5.jpg": "its box lies outside the photograph",
    "6.jpg": "the image is of another size than its labels are for",
    "7.jpg": "not a JPEG, PNG, WebP, TIFF or GIF image",
  });
  const lines = summaryLines(target, prepared);
  assert.match(lines.join("\n"), /taken\s+2 {2}hands of 2 photographs/);
  assert.match(lines.join("\n"), /skipped\s+8\n\s+1 {2}its image_id is not among the images: annotation 18\n/);
  assert.match(lines.join("\n"), /note: the valid split is empty/);
});

test("coco: a photograph on its side is turned where the labels are for it upright", async () => {
  const joints = hand(0);
  const sideways = await photo(160, 200).withMetadata({ orientation: 6 }).jpeg().toBuffer();
  const from = await source({ "a.json": coco([{ keypoints: flat(joints) }]), "0.jpg": sideways });
  const { labels } = await made("coco", from);
  near(labels["0.jpg"], moved(joints), "upright");
});

test("coco: bad files are one clear line", async () => {
  const file = async (content: unknown) => refused("coco", await source({ "a.json": content, "0.jpg": jpg }));
  const kpts = flat(hand(0));
  assert.match(await file(coco([{ bbox: [0, 0, 9, 9] }])), /^a\.json: no annotation has keypoints/);
  assert.match(await file(coco([{ keypoints: [] }])), /^a\.json: no annotation has keypoints/);
  assert.is(
    await file(coco([{ keypoints: kpts.slice(0, 51) }])),
    "a.json: annotation 10: expected 21 joints (63 numbers x, y, v), got 17 joints",
  );
  assert.match(await file(coco([{ keypoints: kpts.slice(0, 62) }])), /got 62 numbers/);
  assert.match(await file({ images: [] }), /^a\.json: not a COCO keypoint file: annotations: /);
  assert.match(await file([1, 2]), /^a\.json: not a COCO keypoint file: the whole: /);
  assert.match(await file('{"images": [}'), /^a\.json:1:13: not valid JSON/);
  assert.match(await file(coco([])), /no annotation has keypoints/);
  assert.match(await refused("coco", await source({ "readme.txt": "" })), /no \.json file in it/);
  assert.match(await refused("coco", join(temporary, "nowhere")), /^nowhere: no such file or folder$/);
  const alone = await refused("coco", await source({ "a.json": coco([{ keypoints: kpts }]) }));
  assert.is(alone, ": no hand could be taken: data/0.jpg: there is no such image");
});

test("cmu: JSON files beside the images, left and right of one frame on one side", async () => {
  const files: Record<string, unknown> = {};
  for (const n of numbers(10)) {
    const name = `manual_train/clip_${100 + Math.floor(n / 2)}_${n % 2 ? "r" : "l"}`;
    files[`${name}.jpg`] = jpg;
    files[`${name}.json`] = {
      hand_pts: hand(n).map((p) => [...p, 1]),
      is_left: n % 2 ? 0 : 1,
      hand_box_center: [1, 2],
    };
  }
  files["manual_train/odd.json"] = { something: 1 };
  const { labels, partitions, prepared } = await made("cmu", await source(files));
  near(labels["clip_101_r.jpg"], moved(hand(3)), "frame 101");
  assert.equal(partitions.train, [
    "clip_100_l.jpg",
    "clip_100_r.jpg",
    "clip_101_l.jpg",
    "clip_101_r.jpg",
    "clip_102_l.jpg",
    "clip_102_r.jpg",
  ]);
  assert.equal(partitions.valid, ["clip_103_l.jpg", "clip_103_r.jpg"]);
  assert.equal(prepared.skipped, [{ what: "manual_train/odd.json", why: "its JSON has no hand_pts" }]);
  const bad = await source({ "a.json": { hand_pts: hand(0).slice(1) }, "a.jpg": jpg });
  assert.is(await refused("cmu", bad), "a.json: hand_pts: expected 21 joints, got 20");
  assert.match(await refused("cmu", await source({ "x.txt": "" })), /neither hands_v143_14817\.json nor JSON files/);
});

test("cmu: hand143's one JSON, hidden joints kept in place, Python's shuffle", async () => {
  const root = numbers(12).map((n) => ({
    img_paths: `imgs/${String(n).padStart(8, "0")}.jpg`,
    img_width: 200,
    img_height: 160,
    joint_self: hand(n).map(([x, y], j) => [x, y, j === 4 ? 0 : 1]),
  }));
  const images = Object.fromEntries(root.map(({ img_paths }) => [img_paths, jpg]));
  const from = await source({ "hands_v143_14817.json": { root }, ...images });
  const shuffled = { split: { ...options("cmu", "", "").split, contiguous: false } };
  const { labels, visibility, partitions } = await made("cmu", from, shuffled);
  near(labels["00000007.jpg"], moved(hand(7)), "hand 7");
  assert.equal(
    visibility["00000007.jpg"],
    numbers(21).map((j) => (j === 4 ? 0 : 1)),
  );
  // random.seed(1111); x = list(range(12)); random.shuffle(x)
  const order = [8, 6, 7, 1, 4, 0, 10, 9, 2, 5, 11, 3].map((n) => `${String(n).padStart(8, "0")}.jpg`);
  assert.equal([partitions.train, partitions.valid, partitions.test].flat(), order);
  assert.equal([partitions.train.length, partitions.valid.length, partitions.test.length], [9, 1, 2]);
  assert.match(await refused("cmu", await source({ "hands_v143_14817.json": {} })), /expected "root", a list/);
});

test("onehand10k: -1 is missing; Train and Test have the same names", async () => {
  const line = (name: string, joints: Point[]) =>
    [name, 200, 160, 1, ...joints.flat().map((v) => Math.round(v))].join(",");
  const joints = hand(1).map(([x, y]): Point => [Math.round(x), Math.round(y)]);
  const holes = joints.map((p, j): Point => (j === 6 ? [-1, -1] : p));
  const from = await source({
    "Train/label_joint.txt": `${line("0.jpg", joints)}\n${line("1.jpg", holes)},\r\n`,
    "Test/label_joint.txt": `${line("0.jpg", joints)}\n`,
    "Train/source/0.jpg": jpg,
    "Train/source/1.jpg": jpg,
    "Test/source/0.jpg": jpg,
  });
  const { labels, visibility, partitions } = await made("onehand10k", from);
  assert.equal(partitions, { train: ["Train_source_0.jpg"], valid: ["1.jpg"], test: ["Test_source_0.jpg"] });
  near(labels["Test_source_0.jpg"], moved(joints), "whole");
  assert.is(visibility["1.jpg"][6], 0);
  assert.is(
    visibility["1.jpg"].reduce((a, b) => a + b),
    20,
  );
  const bad = await source({ "label_joint.txt": "a.jpg,200,160,1,5,5\n" });
  assert.is(
    await refused("onehand10k", bad),
    "label_joint.txt:1: expected 21 joints (42 numbers x, y) a hand, got 2 numbers",
  );
  const text = await source({ "label_joint.txt": "hello\n" });
  assert.match(await refused("onehand10k", text), /label_joint\.txt:1: expected name, width, height/);
  assert.match(await refused("onehand10k", await source({ "x.txt": "" })), /no label_joint\.txt in it/);
});

test("freihand: projected by the camera; the backgrounds of one pose stay together", async () => {
  const K = [
    [400, 0, 100],
    [0, 420, 80],
    [0, 0, 1],
  ];
  const lift = ([x, y]: Point, j: number) => {
    const z = 0.5 + 0.01 * j;
    return [((x - 100) / 400) * z, ((y - 80) / 420) * z, z];
  };
  const name = (i: number) => `training/rgb/${String(i).padStart(8, "0")}.jpg`;
  const poses = numbers(5).map((n) => hand(n));
  const there = [0, 1, 2, 3, 4, 5, 7, 12];
  const from = await source({
    "training_xyz.json": poses.map((h) => h.map(lift)),
    "training_K.json": poses.map(() => K),
    ...Object.fromEntries(there.map((i) => [name(i), jpg])),
  });
  const { labels, images, partitions } = await made("freihand", from);
  assert.equal(
    images,
    there.map((i) => `${String(i).padStart(8, "0")}.jpg`),
  );
  for (const i of there) near(labels[`${String(i).padStart(8, "0")}.jpg`], moved(poses[i % 5]), `image ${i}`);
  const splitOf = (i: number) => SPLITS.find((s) => partitions[s].includes(`${String(i).padStart(8, "0")}.jpg`));
  assert.equal([splitOf(5), splitOf(7), splitOf(12)], [splitOf(0), splitOf(2), splitOf(2)]);
  const short = await source({ "training_xyz.json": [poses[0].map(lift)], "training_K.json": [] });
  assert.match(await refused("freihand", short), /0 cameras for the 1 hands/);
  const odd = await source({ "training_xyz.json": [[[1, 2]]], "training_K.json": [K] });
  assert.match(await refused("freihand", odd), /training_xyz\.json: \[0\]: expected 21 joints \[x, y, z\]/);
});

/** RHD's two hands, 42 x [u, v, visible], each finger from tip to base. */
const rhdRows = (left: Point[] | null, right: Point[] | null) =>
  [left, right].flatMap((joints) =>
    numbers(21).map((i) => {
      const j = i === 0 ? 0 : i + 3 - 2 * ((i - 1) % 4);
      return joints ? [...joints[j], j === 12 ? 0 : 1] : [-900, -900, 0];
    }),
  );

test("rhd: two hands, fingers from the tip, as JSON and as Python's pickle", async () => {
  const [left, right] = [hand(0, 80), hand(1, 80).map(([x, y]): Point => [x + 60, y])];
  const entries = {
    0: { uv_vis: rhdRows(left, right) },
    1: { uv_vis: rhdRows(null, right) },
    2: { uv_vis: rhdRows(left, null) },
  };
  const images = Object.fromEntries(numbers(3).map((i) => [`training/color/0000${i}.png`, png]));
  const from = await source({ "training/anno_training.json": entries, ...images });
  const { labels, visibility, images: crops, partitions } = await made("rhd", from);
  assert.equal(crops, ["00000_l.jpg", "00000_r.jpg", "00001_r.jpg", "00002_l.jpg"]);
  near(labels["00000_l.jpg"], moved(left), "left");
  near(labels["00000_r.jpg"], moved(right), "right");
  assert.equal(
    visibility["00001_r.jpg"],
    numbers(21).map((j) => (j === 12 ? 0 : 1)),
  );
  assert.equal(partitions.train, ["00000_l.jpg", "00000_r.jpg"]);

  for (const [name, pickle] of Object.entries(golden.pickles)) {
    const pickled = await source({ "training/anno_training.pickle": Buffer.from(pickle, "base64"), ...images });
    const two = await made("rhd", pickled);
    assert.equal(two.images, ["00000_l.jpg", "00001_r.jpg"], name);
    near(two.labels["00001_r.jpg"], moved(golden.joints), name);
  }
  const evil = await source({
    "training/anno_training.pickle": Buffer.from(
      "\x80\x02cos\nsystem\nq\x00X\x02\x00\x00\x00lsq\x01\x85q\x02Rq\x03.",
      "latin1",
    ),
  });
  assert.match(await refused("rhd", evil), /it asks for Python's os\.system/);
  const cut = await source({
    "training/anno_training.pickle": Buffer.from(Object.values(golden.pickles)[0], "base64").subarray(0, 300),
  });
  assert.match(await refused("rhd", cut), /it ends too early/);
  assert.match(await refused("rhd", await source({ "x.txt": "" })), /no training\/anno_training\.pickle/);
  const few = await source({ "anno_training.json": { 0: { uv_vis: [[1, 2, 3]] } } });
  assert.match(await refused("rhd", few), /expected uv_vis, 42 x/);
});

/** The left hand in image 0 and the same as a right one in image 1, pickled by Python 3.11 with numpy 2. */
const golden = JSON.parse(readFileSync("test/golden/rhd-pickles.json", "utf8")) as {
  joints: Point[];
  pickles: Record<string, string>;
};

test("images of every kind are taken, what is no image is told", async () => {
  const kinds: Record<string, () => Promise<Uint8Array> | string> = {
    grey: () => photo().greyscale().jpeg().toBuffer(),
    cmyk: () => photo().toColourspace("cmyk").jpeg().toBuffer(),
    deep: () => photo().toColourspace("rgb16").png().toBuffer(),
    alpha: () => photo().ensureAlpha(0.5).png().toBuffer(),
    palette: () => photo().png({ palette: true }).toBuffer(),
    webp: () => photo().webp().toBuffer(),
    empty: () => "",
    torn: async () => (await jpg()).subarray(0, 300),
    pixel: () => photo(1, 1).png().toBuffer(),
    huge: () => hugePng(20000, 20000),
  };
  const names = Object.keys(kinds);
  const images = [...names, "folder"].map((name, i) => ({ id: i + 1, file_name: `${name}.jpg` }));
  const files = Object.fromEntries(Object.entries(kinds).map(([name, make]) => [`${name}.jpg`, make]));
  const from = await source({
    "a.json": coco(
      images.map(() => ({ keypoints: flat(hand(0)) })),
      images,
    ),
    ...files,
  });
  mkdirSync(join(from, "folder.jpg"));
  const before = process.memoryUsage.rss();
  const { images: crops, prepared, target } = await made("coco", from);
  assert.ok(process.memoryUsage.rss() - before < 300e6, "memory is bounded");
  assert.equal(
    crops,
    ["alpha", "cmyk", "deep", "grey", "palette", "webp"].map((name) => `${name}.jpg`),
  );
  for (const crop of crops) {
    const { data } = await decodeImage(join(target, "imgs", crop));
    const centre = [...data.subarray((32 * 64 + 32) * 3, (32 * 64 + 32) * 3 + 3)];
    const want = crop === "grey.jpg" ? [82, 82, 82] : [40, 90, 140];
    for (const c of [0, 1, 2]) assert.ok(Math.abs(centre[c] - want[c]) < 32, `${crop}: ${centre}`);
  }
  const why = Object.fromEntries(prepared.skipped.map((s) => [s.what, s.why]));
  assert.is(why["empty.jpg"], "the file is empty");
  assert.match(why["torn.jpg"], /^cannot be decoded: /);
  assert.is(why["pixel.jpg"], "its joints lie outside the photograph");
  assert.is(why["huge.jpg"], "20000 x 20000 pixels are too many; expected at most 100 million");
  assert.is(why["folder.jpg"], "cannot be decoded: it is a folder");
});

/** A PNG file's beginning: its size is all that is read of it. */
async function hugePng(width: number, height: number): Promise<Uint8Array> {
  const file = await png();
  file.writeUInt32BE(width, 16);
  file.writeUInt32BE(height, 20);
  return file;
}

test("the target must be new; a full disk leaves nothing behind", async () => {
  const from = await source({ "a.json": coco([{ keypoints: flat(hand(0)) }]), "0.jpg": jpg });
  mkdirSync(`${from}-out`);
  await prepare(options("coco", from, `${from}-out`)); // an empty folder will do
  assert.match(await refused("coco", from), /-out: is not empty; choose a new folder/);
  writeFileSync(`${from}-file`, "");
  assert.match(
    await refusal(() => prepare(options("coco", from, `${from}-file`))),
    /-file: cannot write it: a part of its path is not a folder|exists already/,
  );
  const full = `${from}-full`;
  const { ended } = await runChild(
    `import { prepare } from "../../train/prepare/prepare";
     await prepare(${JSON.stringify({ ...options("coco", from, full), size: 368 })}).catch((e) => console.log(e.name, e.message));`,
    "ulimit -f 1; exec $RUN",
  );
  const { output } = await ended;
  assert.ok(output.startsWith(`UserError ${full}/imgs/0.jpg: cannot write it: the file would grow larger`), output);
  assert.not(existsSync(full));
  assert.not(
    readdirSync(temporary).some((name) => name.startsWith(".")),
    "nothing half-written remains",
  );
});

test("a stopped run leaves nothing behind", async () => {
  const from = await source({ "a.json": coco([{ keypoints: flat(hand(0)) }]), "0.jpg": jpg });
  const stop = new AbortController();
  stop.abort();
  const stopped = await prepare({ ...options("coco", from, `${from}-out`), stop: stop.signal }).catch((e) => e);
  assert.is(stopped, stop.signal.reason);
  assert.not(existsSync(`${from}-out`));
  assert.not(readdirSync(temporary).some((name) => name.startsWith(".")));
});

test("the four photographs of OneHand10K's COCO sample", async () => {
  const folder = sharedFile("data/coco_onehand10k");
  if (!folder) return;
  const target = join(temporary, "onehand");
  const prepared = await prepare({ ...options("coco", folder, target), size: 368 });
  assert.equal(prepared.joints, { labelled: 63, visible: 63, missing: 21 });
  assert.equal([prepared.hands, prepared.skipped, prepared.notes], [{ train: 2, valid: 1, test: 1 }, [], []]);
  const labels = JSON.parse(readFileSync(join(target, "labels.json"), "utf8"));
  // 1402: all joints labelled, x 37 .. 174, y 70 .. 264; the crop's side is 2.2 x 194 around (105.5, 167).
  const [wrist, tip] = [labels["1402.jpg"][0], labels["1402.jpg"][12]];
  const to = (x: number, y: number): Point => [184 + ((x - 105.5) * 368) / 426.8, 184 + ((y - 167) * 368) / 426.8];
  near([wrist, tip], [to(92, 264), to(109, 70)], "1402");
});

test.run();
