import { readdirSync, readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { SPLITS } from "../../../train/data/dataset";
import type { Point } from "../../../train/pose/index";
import { FORMATS, formatOptions } from "../../../train/prepare/formats/node";
import { cleanUp, hand, jpg, made, moved, near, numbers, options, png, refused, source } from "../../helpers/prepare";

const test = suite("prepare: other formats");
test.after(cleanUp);

test("every file is in the table; no two formats have an option of one name", async () => {
  const files = readdirSync("train/prepare/formats").filter((file) => file !== "node.ts");
  assert.equal([...FORMATS].sort(), files.map((file) => file.replace(".ts", "")).sort());
  const names = (await formatOptions()).map(({ name }) => name);
  assert.equal(names, [...new Set(names)]);
});

/** The left hand in image 0 and the same as a right one in image 1, pickled by Python 3.11 with numpy 2. */
const golden = JSON.parse(readFileSync("test/golden/rhd-pickles.json", "utf8")) as {
  joints: Point[];
  pickles: Record<string, string>;
};

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

test.run();
