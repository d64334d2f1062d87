import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { HAND } from "../../../masks/hand";
import { SPLITS } from "../../../train/data/dataset";
import { decodeImage } from "../../../train/data/decode-image";
import type { Point } from "../../../train/pose/index";
import { prepare } from "../../../train/prepare/prepare";
import { summaryLines } from "../../../train/prepare/summary";
import { openFolder } from "../../../train/source/folder";
import {
  BOX,
  cleanUp,
  coco,
  flat,
  hand,
  jpg,
  made,
  moved,
  NAMES,
  near,
  numbers,
  options,
  photo,
  photos,
  refused,
  source,
  temporary,
} from "../../helpers/prepare";
import { sharedFile } from "../../helpers/shared";

const test = suite("prepare: COCO");
test.after(cleanUp);

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
  const { splits } = openFolder({ skeleton: HAND, root: target, imageSize: 64, integerLabels: "original" });
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
  const { splits } = openFolder({ skeleton: HAND, root: target, imageSize: 64, splits: ["train"] });
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
  const { labels } = await made("coco", from, { settings: { order: "base-first" } });
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
  assert.equal(
    prepared.skipped.slice(1).map((s) => Number.parseInt(s.what.replace("data/", ""), 10)),
    [1, 2, 3, 4, 5, 6, 7],
    "in the dataset's order, whichever photograph was done first",
  );
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
