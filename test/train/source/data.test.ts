import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp, { type Sharp } from "sharp";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { UserError } from "../../../engine/errors/errors";
import { HAND } from "../../../masks/hand";
import { readSafetensors } from "../../../model/files/safetensors";
import { decodeImage, imageSizeOf } from "../../../train/data/decode-image";
import { denormalise, normalise } from "../../../train/data/normalise";
import { toMapUnits } from "../../../train/pose/index";
import { pairsOf, pointsOf } from "../../../train/pose/pose";
import { withFittedJoints } from "../../../train/source/fitted-joints";
import { type FolderOptions, openFolder } from "../../../train/source/folder";
import { KITE } from "../../helpers/kite";
import { sharedFile } from "../../helpers/shared";

const test = suite("data");
const temporary = mkdtempSync(join(tmpdir(), "nsrm-data-"));
test.after(() => rmSync(temporary, { recursive: true }));

const hand = (offset = 0.5) => Array.from({ length: 21 }, (_, j) => [j + offset, 2 * j + offset]);
const pixels = (width: number, height: number, channels: 1 | 3 | 4) => ({
  data: Buffer.from(Array.from({ length: width * height * channels }, (_, i) => (i * 7) % 256)),
  raw: { width, height, channels },
});

let folders = 0;
/** A small good dataset in the NSRM layout, with what a test replaces in it. */
async function dataset(files: Record<string, unknown> = {}): Promise<string> {
  const root = join(temporary, `set${folders++}`);
  mkdirSync(join(root, "imgs"), { recursive: true });
  const { data, raw } = pixels(20, 12, 3);
  for (const name of ["a.png", "b.png", "c.png", "d.png"])
    await sharp(data, { raw })
      .png()
      .toFile(join(root, "imgs", name));
  const good = {
    "labels.json": { "a.png": hand(), "b.png": hand(), "c.png": hand(), "d.png": hand() },
    "partitions.json": { train: ["a.png", "b.png"], valid: ["c.png"], test: ["d.png"] },
  };
  for (const [name, content] of Object.entries({ ...good, ...files })) {
    if (content !== null)
      writeFileSync(join(root, name), typeof content === "string" ? content : JSON.stringify(content));
  }
  return root;
}

const open = (root: string, options: Partial<FolderOptions> = {}) =>
  openFolder({ root, skeleton: HAND, imageSize: 16, ...options });
const split = (root: string, options: Partial<FolderOptions> = {}) => open(root, options).splits.get("train")!;

/** The one line a user gets to read, without the folder's own path. */
async function refusal(action: () => unknown): Promise<string> {
  try {
    await action();
  } catch (error) {
    assert.instance(error, UserError);
    const { message } = error as UserError;
    assert.not.match(message, /\n/);
    return message.replaceAll(/\S*nsrm-data-[^/]*\/(set\d+\/)?/g, "");
  }
  throw new Error("expected a UserError");
}
const refused = async (files: Record<string, unknown>) => {
  const root = await dataset(files);
  return refusal(() => open(root));
};

test("a good folder: sizes, names, labels in pixels and map units", async () => {
  const { splits, notes } = open(await dataset());
  assert.equal(notes, []);
  assert.equal(
    [...splits].map(([name, s]) => [name, s.splitName, s.size]),
    [
      ["train", "train", 2],
      ["valid", "valid", 1],
      ["test", "test", 1],
    ],
  );
  const example = await splits.get("train")!.load(1);
  assert.equal([example.name, example.width, example.height], ["b.png", 20, 12]);
  assert.is(example.input.length, 3 * 16 * 16);
  assert.is(example.visible, undefined);
  assert.equal([...example.points.subarray(0, 4)], [0.5, 0.5, 1.5, 2.5]);
  assert.equal(
    [...example.mapPoints.subarray(0, 4)],
    [(0.5 * 16) / 8 / 20, (0.5 * 16) / 8 / 12, (1.5 * 16) / 8 / 20, (2.5 * 16) / 8 / 12],
  );
  const { input: _, mapPoints: __, ...pose } = example;
  assert.equal(await splits.get("train")!.pose(1), pose);
});

test("visibility and tight boxes are read where they are given", async () => {
  const all = (value: unknown) => Object.fromEntries(["a", "b", "c", "d"].map((n) => [`${n}.png`, value]));
  const flags = Array.from({ length: 21 }, (_, j) => j % 3);
  const root = await dataset({ "visibility.json": all(flags), "boxes.json": all([1, 2, 3.5, 4]) });
  const pose = await split(root).pose(0);
  assert.equal(
    pose.visible,
    flags.map((flag) => flag > 0),
  );
  assert.equal(pose.tightBox, { x: 1, y: 2, width: 3.5, height: 4 });
  assert.match(
    await refused({ "visibility.json": { "a.png": flags } }),
    /^visibility.json: b.png: expected 21 numbers/,
  );
  assert.match(
    await refused({ "boxes.json": all([1, 2, 0, 4]) }),
    /^boxes.json: a.png: expected \[x, y, width, height\]/,
  );
});

test("joints without a label are fitted to the others, not trained on in the corner; unmarked ones are told of", async () => {
  const names = ["a", "b", "c", "d"].map((n) => `${n}.png`);
  const two = Array.from({ length: 21 }, (_, j) => (j === 0 ? [4, 8] : j === 9 ? [9, 2] : null));
  const hand = pairsOf(withFittedJoints(HAND, pointsOf(two)));
  const holes = hand.map((joint, j) => (j === 7 || j === 20 ? [0, 0] : joint));
  const labels = Object.fromEntries(names.map((name, n) => [name, n === 0 ? holes : hand]));
  // The 5th is hidden, which is no reason to doubt its place.
  const flags = Object.fromEntries(
    names.map((name) => [name, hand.map((_, j) => (j === 7 || j === 20 || j === 5 ? 0 : 1))]),
  );
  const whole = await split(await dataset({ "labels.json": labels, "visibility.json": flags })).pose(0);
  for (const [i, v] of hand.flat().entries()) assert.ok(Math.abs(whole.points[i] - v) < 1e-9, `${i}`);
  assert.is(whole.visible![7], false);
  const { notes } = open(await dataset({ "labels.json": labels, "visibility.json": flags }));
  assert.equal(notes, [
    "train: 2 joints of 1 images have no label ((0, 0), not visible): fitted, where a flat hand over the others has them",
  ]);
  const unmarked = open(await dataset({ "labels.json": labels }));
  assert.match(unmarked.notes[0], /^train: 2 joints of 1 images lie at \(0, 0\) and are taken so/);
  assert.equal([...(await unmarked.splits.get("train")!.pose(0)).points.subarray(14, 16)], [0, 0]);
  const none = Object.fromEntries(names.map((name) => [name, hand.map((_, j) => Number(j === 0))]));
  const empty = Object.fromEntries(names.map((name) => [name, hand.map((joint, j) => (j === 0 ? joint : [0, 0]))]));
  assert.match(
    await refused({ "labels.json": empty, "visibility.json": none }),
    /^labels.json: a.png: expected at least 2 labelled joints, got 1/,
  );
});

test("only labels written as integers alone are truncated, as the original's array of integers was", async () => {
  const integers = JSON.stringify(hand(3));
  const floats = integers.replace("[3,3]", "[3.0,3]");
  const exponent = integers.replace("[3,3]", "[3e0,3]");
  const root = await dataset({
    "labels.json": `{"a.png": ${integers}, "b.png" : ${floats}, "c.png":${exponent}, "d.png": ${integers}}`,
  });
  const exact = toMapUnits({ points: Float64Array.from(hand(3).flat()), width: 20, height: 12 }, 16, false);
  assert.ok(exact.some((v) => !Number.isInteger(v)));
  const { splits } = open(root);
  assert.equal((await splits.get("train")!.load(0)).mapPoints, exact.map(Math.trunc));
  assert.equal((await splits.get("train")!.load(1)).mapPoints, exact);
  assert.equal((await splits.get("valid")!.load(0)).mapPoints, exact);
  assert.equal((await split(root, { integerLabels: "exact" }).load(0)).mapPoints, exact);
  const negative = { points: new Float64Array([-15, 15]), width: 20, height: 12 };
  assert.equal([...toMapUnits(negative, 16, true)], [-1, 2]);
});

test("missing files and folders", async () => {
  assert.is(
    await refusal(() => open(join(temporary, "none"))),
    "none: no such folder (expected imgs/, labels.json, partitions.json)",
  );
  assert.is(
    await refused({ "labels.json": null, imgs: null }),
    "labels.json: no such file (the joints of every image)",
  );
  assert.match(await refused({ "partitions.json": null }), /^partitions.json: no such file/);
  const root = await dataset();
  rmSync(join(root, "imgs"), { recursive: true });
  assert.is(await refusal(() => open(root)), "imgs: no such folder (the images)");
});

test("broken JSON is located, whatever else is in the file", async () => {
  assert.is(
    await refused({ "labels.json": '{"a.png": [[1, 2],\n  [3 4]]}' }),
    'labels.json:2:6: not valid JSON: unexpected "4"',
  );
  assert.match(
    await refused({ "partitions.json": '{"train": ["a.png"]' }),
    /^partitions.json:1:20: .* ends too early$/,
  );
  assert.is(await refused({ "labels.json": "[]" }), "labels.json: expected a JSON object, got []");
});

test("partitions: no list, empty, twice, absent image, no label, a path that leads out", async () => {
  const parts = (train: unknown) => refused({ "partitions.json": { train, valid: ["c.png"], test: ["d.png"] } });
  assert.is(await parts(undefined), "partitions.json: train: expected a list of image names, got nothing");
  assert.is(await parts("a.png"), 'partitions.json: train: expected a list of image names, got "a.png"');
  assert.is(await parts([]), "partitions.json: train: expected at least one image, got none");
  assert.is(await parts(["a.png", "b.png", "a.png"]), "partitions.json: train: a.png is listed twice");
  assert.is(await parts(["a.png", "x.png"]), "imgs/x.png: no such image (named in partitions.json, train)");
  assert.match(await parts(["x.png", "y.png", "z.png"]), /^imgs\/x.png: .* \(and 2 more\)$/);
  assert.is(await parts(["../a.png"]), "partitions.json: train: ../a.png leads out of imgs/");
  assert.is(
    await refused({ "labels.json": { "a.png": hand() } }),
    "labels.json: no label for b.png (named in partitions.json, train)",
  );
});

test("labels: joint count, NaN, null, text, one coordinate, no list", async () => {
  const label = (value: unknown) =>
    refused({ "labels.json": { "a.png": value, "b.png": hand(), "c.png": hand(), "d.png": hand() } });
  const withJoint = (joint: unknown) => label(hand().with(3, joint as number[]));
  assert.is(await label(hand().slice(1)), "labels.json: a.png: expected 21 joints, got 20");
  assert.is(await label(null), "labels.json: a.png: expected 21 joints, got null");
  assert.is(await withJoint([1, null]), "labels.json: a.png: joint 3: expected [x, y] in pixels, got [1,null]");
  assert.is(await withJoint([1]), "labels.json: a.png: joint 3: expected [x, y] in pixels, got [1]");
  assert.is(await withJoint([1, "2"]), 'labels.json: a.png: joint 3: expected [x, y] in pixels, got [1,"2"]');
  for (const word of ["NaN", "-Infinity"]) {
    const text = JSON.stringify({ "a.png": hand().with(3, [7777, 1]), "b.png": hand() }).replace("7777", word);
    assert.is(
      await refused({ "labels.json": text }),
      `labels.json: a.png: joint 3: expected [x, y] in pixels, got ["${word}",1]`,
    );
  }
});

test("bad images and labels can be left out and are counted; an image in two splits is told", async () => {
  const files = {
    "labels.json": { "a.png": hand(), "b.png": hand().slice(1), "c.png": hand(), "d.png": hand() },
    "partitions.json": { train: ["a.png", "b.png", "x.png"], valid: ["c.png", "a.png"], test: ["d.png"] },
  };
  const { splits, notes } = open(await dataset(files), { skipBad: true });
  assert.equal(
    splits.get("train")!.records.map((r) => r.name),
    ["a.png"],
  );
  assert.match(notes[0], /^train: left out 2 of 3 images: .*labels.json: b.png: expected 21 joints.*\(and 1 more\)$/);
  assert.is(notes[1], "1 of the valid images are trained on too: their PCK says little");
  const none = await dataset({ "labels.json": {} });
  assert.match(
    await refusal(() => open(none, { skipBad: true })),
    /^partitions.json: train: no good image is left of 2$/,
  );
  assert.is(split(await dataset({ "partitions.json": { train: ["a.png"] } }), { splits: ["train"] }).size, 1);
});

test("decoding: grey, alpha, 16 bits and CMYK become 8-bit RGB, orientation and profile as stored", async () => {
  const save = async (name: string, image: Sharp) => {
    await image.toFile(join(temporary, name));
    return decodeImage(join(temporary, name));
  };
  const rgb = pixels(5, 4, 3);
  const plain = await save("rgb.png", sharp(rgb.data, { raw: rgb.raw }).png());
  assert.equal(plain, { width: 5, height: 4, data: new Uint8Array(rgb.data) });

  const grey = pixels(5, 4, 1);
  const fromGrey = await save("grey.png", sharp(grey.data, { raw: grey.raw }).toColourspace("b-w").png());
  assert.equal(
    [...fromGrey.data],
    [...grey.data].flatMap((v) => [v, v, v]),
  );

  const rgba = pixels(5, 4, 4);
  const fromAlpha = await save("alpha.png", sharp(rgba.data, { raw: rgba.raw }).png());
  assert.equal(
    [...fromAlpha.data],
    [...rgba.data].filter((_, i) => i % 4 !== 3),
  );

  const deep = Uint16Array.from(rgb.data, (v) => v * 257);
  const fromDeep = await save("deep.png", sharp(deep, { raw: rgb.raw }).toColourspace("rgb16").png());
  assert.equal(fromDeep.data, plain.data);

  const white = { create: { width: 5, height: 4, channels: 3 as const, background: "#fff" } };
  const cmyk = await save("cmyk.jpg", sharp(white).toColourspace("cmyk").jpeg());
  assert.is((await sharp(join(temporary, "cmyk.jpg")).metadata()).space, "cmyk");
  assert.ok(cmyk.data.length === 60 && cmyk.data.every((v) => v > 245), `white came out as ${cmyk.data.slice(0, 3)}`);

  const profiled = sharp(rgb.data, { raw: rgb.raw }).withIccProfile("p3", { attach: true }).withExif({}).png();
  const withProfile = await save("p3.png", profiled);
  const stored = await sharp(join(temporary, "p3.png"), { ignoreIcc: true }).raw().toBuffer();
  assert.equal(Buffer.from(withProfile.data), stored);
  assert.not.equal(Buffer.from(withProfile.data), await sharp(join(temporary, "p3.png")).raw().toBuffer());

  await save("turned.jpg", sharp(rgb.data, { raw: rgb.raw }).withMetadata({ orientation: 6 }).jpeg());
  assert.equal(await imageSizeOf(join(temporary, "turned.jpg")), { width: 5, height: 4 });
  assert.is((await decodeImage(join(temporary, "turned.jpg"))).width, 5);
});

test("a truncated or foreign file is refused by name", async () => {
  const torn = join(temporary, "torn.jpg");
  const noise = pixels(60, 60, 3);
  await sharp(noise.data, { raw: noise.raw }).jpeg().toFile(torn);
  await decodeImage(torn);
  truncateSync(torn, Math.floor(readFileSync(torn).length * 0.7));
  assert.match(await refusal(() => decodeImage(torn)), /^torn.jpg: cannot be decoded: .*premature end of JPEG/);
  const file = async (content: string) => {
    writeFileSync(join(temporary, "fake.jpg"), content);
    return refusal(() => decodeImage(join(temporary, "fake.jpg")));
  };
  const foreign = "fake.jpg: not a JPEG, PNG, WebP, TIFF or GIF image";
  assert.is(await file(""), "fake.jpg: the file is empty");
  assert.is(await file("a hand"), foreign);
  assert.is(await file("<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>"), foreign);
  assert.match(await refusal(() => decodeImage(temporary)), /cannot read it: it is a folder/);
  assert.match(
    await refusal(() => imageSizeOf(torn.replace("torn", "none"))),
    /^none.jpg: cannot be decoded: .*missing/,
  );
});

test("normalisation is (value / 255 - mean) / std by channel, and has an inverse", () => {
  const data = Uint8Array.from({ length: 768 }, (_, i) => Math.floor(i / 3));
  const out = normalise({ width: 16, height: 16, data }, new Float32Array(768));
  assert.equal(denormalise(out, 16, 16).data, data);
  const expected = (v: number) => [(v / 255 - 0.485) / 0.229, (v / 255 - 0.456) / 0.224, (v / 255 - 0.406) / 0.225];
  for (let v = 0; v < 256; v++) {
    for (const [c, value] of expected(v).entries()) {
      const ours = out[c * 256 + v];
      assert.ok(Math.abs(ours - value) < 4e-7, `${v} in channel ${c}: ${ours}, expected ${value}`);
    }
  }
});

test("the cache returns what decoding returned, within its budget", async () => {
  const root = await dataset();
  const cached = split(root, { cacheBytes: 16 * 16 * 3 });
  const [first, second] = [await cached.load(0), await cached.load(1)];
  rmSync(join(root, "imgs", "a.png"));
  rmSync(join(root, "imgs", "b.png"));
  assert.equal(await cached.load(0), first);
  assert.match(await refusal(() => cached.load(1)), /^imgs\/b.png: cannot read it: no such file/);
  assert.is(second.name, "b.png");
});

test("the golden photographs: decoded bytes, inputs and labels as the original had them", async () => {
  const path = sharedFile("golden/preprocess.safetensors");
  const root = sharedFile("data/nsrm_sample");
  if (!path || !root) return;
  const golden = readSafetensors(path);
  for (const name of ["00000001", "00000009"]) {
    const file = join(root, "imgs", `${name}.jpg`);
    assert.equal((await decodeImage(file)).data, new Uint8Array(golden.bytes(`${name}.raw_rgb`)));
  }
  const { splits, notes } = openFolder({ root, skeleton: HAND, imageSize: 368 });
  assert.is(notes.length, 2);
  const example = await splits.get("train")!.load(0);
  assert.equal(example.points, golden.f64("00000009.labels_px"));
  assert.equal([example.width, example.height], [...golden.f64("00000009.wh")]);
  const probe = golden.f32("00000009.input_probe");
  for (let c = 0; c < 3; c++) {
    for (let y = 0; y < 16; y++) {
      for (let x = 0; x < 16; x++) {
        const ours = example.input[(c * 368 + y * 23) * 368 + x * 23];
        assert.is(ours, probe[(c * 16 + y) * 16 + x]);
      }
    }
  }
  const [mean, std, sumAbs] = golden.f64("00000009.input_mean_std_sumabs");
  const n = example.input.length;
  const m = example.input.reduce((a, b) => a + b, 0) / n;
  const variance = example.input.reduce((a, b) => a + (b - m) ** 2, 0) / n;
  const abs = example.input.reduce((a, b) => a + Math.abs(b), 0);
  for (const [ours, theirs] of [
    [m, mean],
    [Math.sqrt(variance), std],
    [abs, sumAbs],
  ]) {
    assert.ok(Math.abs(ours - theirs) < 1e-5 * Math.abs(theirs), `${ours} and ${theirs}`);
  }
});

test("a folder of another skeleton: its own number of joints, and no model to fit one without a label by", async () => {
  const names = ["a", "b", "c", "d"].map((n) => `${n}.png`);
  const kite = Array.from({ length: 5 }, (_, j) => [2 + j, 3]);
  const all = (value: unknown) => Object.fromEntries(names.map((name) => [name, value]));
  const files = { "labels.json": all(kite), "visibility.json": all([1, 1, 1, 0, 1]) };
  const kites = split(await dataset(files), { skeleton: KITE });
  assert.is(kites.skeleton, KITE);
  const { points, visible } = await kites.pose(0);
  assert.equal(pairsOf(points), kite);
  assert.equal(visible, [true, true, true, false, true]);
  const root = await dataset(files);
  assert.match(await refusal(() => open(root)), /^labels.json: a.png: expected 21 joints, got 5/);
  const holes = await dataset({ ...files, "labels.json": all(kite.with(3, [0, 0])) });
  assert.match(
    await refusal(() => open(holes, { skeleton: KITE })),
    /^labels.json: a.png: joint 3 has no label; expected one for each, as a kite has no model/,
  );
});

test.run();
