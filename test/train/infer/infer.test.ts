import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { initialise } from "../../../engine/core/init";
import { UserError } from "../../../engine/errors/errors";
import { HAND } from "../../../masks/hand";
import { Network } from "../../../model/network/network";
import { onFolder } from "../../../train/config/resolve";
import type { RgbImage } from "../../../train/data/resize";
import { stream } from "../../../train/data/rng";
import type { Trained } from "../../../train/infer/hands";
import { type InferOptions, inferImages } from "../../../train/infer/infer";
import { heatmapSheet, maskSheet, overlayPicture } from "../../../train/infer/pictures";
import { aroundBox, wholeImage } from "../../../train/infer/region";
import { movePoints, type Points, pairsOf } from "../../../train/pose/pose";
import { evaluate } from "../../../train/score/evaluate";
import { openFolder } from "../../../train/source/folder";
import { openSource } from "../../../train/source/open";
import { networkSpecOf } from "../../../train/step/setup";
import { testGpu } from "../../helpers/gpu";
import { numbers, tinyConfig, writeDataset } from "../../helpers/tiny";

const test = suite("infer");
const temporary = mkdtempSync(join(tmpdir(), "nsrm-infer-"));
test.after(async () => {
  rmSync(temporary, { recursive: true });
  (await trained).network.dispose();
});

const config = tinyConfig();
const trained = makeTrained();

/** Random weights will do: what is tested is where pixels come from and joints go to. Biases make it "confident". */
async function makeTrained(): Promise<Trained> {
  const network = new Network(await testGpu(), networkSpecOf(config));
  initialise(network.parameters, "he", stream(4, "init"));
  network.parameters.load("stage6.Mconv7.bias", new Float32Array(21).fill(0.5));
  return { network, config };
}

async function infer(paths: readonly string[], options: Partial<InferOptions> = {}) {
  const files = paths.map((path) => ({ path, name: path }));
  const all = [];
  const base = { gpu: await testGpu(), trained: await trained, files, decoder: "argmax" as const };
  for await (const result of inferImages({ ...base, ...options })) all.push(result);
  return all;
}
const points = async (path: string, options: Partial<InferOptions> = {}) => (await infer([path], options))[0].points;

let count = 0;
/** Writes pixels as a file that keeps them as they are. */
async function write(image: RgbImage, kind = "png", orientation?: number): Promise<string> {
  const path = join(temporary, `${count++}.${kind}`);
  const { data, width, height } = image;
  const file = sharp(data, { raw: { width, height, channels: 3 } }).withMetadata({ orientation });
  await (kind === "webp" ? file.webp({ lossless: true }) : file.png()).toFile(path);
  return path;
}
/** Noise in blocks, so that it outlives being made smaller. */
function picture(width: number, height: number, seed: number): RgbImage {
  const values = numbers(3 * 64 * 64, seed, 0, 256);
  const data = Uint8Array.from({ length: 3 * width * height }, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
    return values[3 * ((y >> 2) * 64 + (x >> 2)) + (i % 3)];
  });
  return { width, height, data };
}
/** A picture on a larger black one, its top left at (x, y). */
function placed(image: RgbImage, width: number, height: number, x: number, y: number): RgbImage {
  const data = new Uint8Array(3 * width * height);
  for (let row = 0; row < image.height; row++) {
    const from = image.data.subarray(3 * row * image.width, 3 * (row + 1) * image.width);
    data.set(from, 3 * ((row + y) * width + x));
  }
  return { width, height, data };
}
const moved = (points: Points, x: number, y: number) => movePoints(points, ([px, py]) => [px + x, py + y]);

test("square photos: what evaluation says of the same files, for every decoder and with the flip", async () => {
  const root = join(temporary, "data");
  await writeDataset(root, [1, 1, 3]);
  const gpu = await testGpu();
  const { network } = await trained;
  const source = openSource({ gpu, config: onFolder(config, root) });
  const dataset = source.split("test");
  const meanPose = new Float64Array(42);
  for (const flip of [false, true]) {
    const want = await evaluate({ gpu, network, config, source, dataset, meanPose, imagesPerPass: 1, flip });
    const names = openFolder({ root, skeleton: HAND, imageSize: 8 })
      .splits.get("test")!
      .records.map((r) => r.name);
    const got = await infer(
      names.map((name) => join(root, "imgs", name)),
      { flip },
    );
    assert.equal(
      got.map((r) => r.points),
      want.predictions.map((p) => p.points),
    );
    for (const [n, { hand }] of got.entries()) {
      for (const [j, c] of hand.confidence.entries()) {
        assert.ok(Math.abs(c - want.predictions[n].confidence![j]) < 1e-5);
      }
    }
  }
});

test("a hand in a larger photo, by its box: the crop's joints, moved", async () => {
  // 44 is 2.2 times 20.
  const crop = picture(44, 44, 7);
  const wanted = await points(await write(crop));
  assert.ok(new Set(pairsOf(wanted).map(String)).size > 3, "joints differ");
  const photo = await write(placed(crop, 150, 90, 60, 30));
  const box = { x: 72, y: 45, width: 20, height: 14 };
  assert.equal(aroundBox(box), { x: 60, y: 30, side: 44 });
  assert.equal(await points(photo, { box }), moved(wanted, 60, 30));
  // Partly outside of the photo there is black.
  const cut = await write(picture(150, 90, 8));
  const padded = await write(placed(picture(150, 90, 8), 200, 150, 30, 40));
  const corner = { x: -5, y: -6, width: 20, height: 20 };
  const shifted = { ...corner, x: 25, y: 34 };
  assert.equal(moved(await points(cut, { box: corner }), 30, 40), await points(padded, { box: shifted }));
});

test("no aspect ratio is distorted: the whole photo in a square of black", async () => {
  const wide = picture(80, 37, 9);
  const square = await points(await write(placed(wide, 80, 80, 0, 21)));
  assert.equal(moved(await points(await write(wide)), 0, 21), square);
  const [{ region, hand }] = await infer([await write(wide)]);
  assert.equal(region, wholeImage(wide));
  assert.equal([...hand.seen.data.subarray(0, 3 * 32)], Array(96).fill(0));
});

test("EXIF orientation: joints are those of the upright photo; PNG and WebP alike", async () => {
  const upright = picture(60, 40, 10);
  const turned: RgbImage = { width: 40, height: 60, data: new Uint8Array(upright.data.length) };
  for (let y = 0; y < 40; y++) {
    // Orientation 6: a quarter turn clockwise makes the stored picture upright.
    for (let x = 0; x < 60; x++) {
      const from = 3 * (y * 60 + x);
      turned.data.set(upright.data.subarray(from, from + 3), 3 * ((59 - x) * 40 + y));
    }
  }
  const options = { decoder: "taylor" } as const;
  const want = await points(await write(upright), options);
  const [got] = await infer([await write(turned, "png", 6)], options);
  assert.equal([got.image.width, got.image.height], [60, 40]);
  assert.ok(Buffer.from(got.image.data).equals(upright.data));
  assert.equal(got.points, want);
  assert.equal(await points(await write(upright, "webp"), options), want);
});
test("a batch says what its images say by themselves, in order; one pixel is an image", async () => {
  const paths = [];
  for (let n = 0; n < 11; n++) paths.push(await write(n === 4 ? picture(1, 1, 3) : picture(50 + n, 40, n)));
  const together = await infer(paths);
  assert.equal(
    together.map((r) => r.file.path),
    paths,
  );
  for (const n of [0, 4, 9]) assert.equal(together[n].points, await points(paths[n]));
  assert.ok(together[4].points.every((c) => c >= 0 && c < 1));
});

test("frames are followed: each is searched where the last one's joints were, and joints are smoothed", async () => {
  const frames = [];
  for (let n = 0; n < 3; n++) frames.push(await write(picture(90, 70, 20 + n)));
  const box = { x: 20, y: 10, width: 30, height: 40 };
  const [first, second, third] = await infer(frames, { track: { fps: 30 }, box });
  assert.equal(first.region, aroundBox(box));
  assert.equal(first.points, first.hand.points);
  const extent = (axis: number) => {
    const values = first.hand.points.filter((_, i) => i % 2 === axis);
    return [Math.min(...values), Math.max(...values) - Math.min(...values)];
  };
  const [[x, width], [y, height]] = [extent(0), extent(1)];
  assert.equal(second.region, aroundBox({ x, y, width, height }));
  assert.ok(third.found);
  assert.not.equal(second.points, second.hand.points);
  assert.not.equal(second.region, third.region);
  // By themselves the frames are all searched within the box.
  for (const { region } of await infer(frames, { box })) assert.equal(region, aroundBox(box));
});

test("bad images end the work in one line, or are left out and told of; a box must lie in each", async () => {
  const good = await write(picture(40, 40, 1));
  const bad = {
    "svg.jpg": '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
    "text.png": "no image",
    "empty.webp": "",
    "torn.png": (
      await sharp({ create: { width: 50, height: 50, channels: 3, background: "red" } })
        .png()
        .toBuffer()
    ).subarray(0, 60),
  };
  const paths = [good];
  for (const [name, content] of Object.entries(bad)) {
    paths.push(join(temporary, name));
    writeFileSync(paths.at(-1)!, content);
  }
  mkdirSync(join(temporary, "folder.png"));
  for (const path of [...paths.slice(1), join(temporary, "folder.png")]) {
    const error = await infer([good, path]).catch((e: unknown) => e);
    assert.instance(error, UserError);
    const { message } = error as UserError;
    assert.ok(message.startsWith(`${path}: `) && !message.includes("\n"), message);
  }
  const told: string[] = [];
  const rest = await infer([...paths, good], { onBad: (e) => told.push(e.message) });
  assert.equal(
    rest.map((r) => r.file.path),
    [good, good],
  );
  assert.is(told.length, 4);
  const strip = await write(picture(10_001, 2, 1));
  for (const track of [undefined, { fps: 30 }]) {
    const long = await infer([strip], { track }).catch((e: unknown) => e);
    assert.instance(long, UserError);
    assert.match(
      (long as UserError).message,
      /to look at 10001 x 10001 pixels is too much; expected at most 100 million/,
    );
  }
  const small = await write(picture(10, 10, 1));
  const outside = await infer([good, small], { box: { x: 12, y: 0, width: 5, height: 5 } }).catch((e: unknown) => e);
  assert.instance(outside, UserError);
  assert.match((outside as UserError).message, /lies outside of .*, which is 10 x 10 pixels$/);
});

test("pictures: the overlay in the photo's size, every map in its sheet, nothing leaked", async () => {
  const gpu = await testGpu();
  const live = gpu.pool.liveBytes;
  const [result] = await infer([await write(picture(70, 50, 2))], { limbs: true, flip: true });
  assert.is(gpu.pool.liveBytes, live);
  const { hand, image } = result;
  const size = async (png: Buffer) => {
    const { width, height } = await sharp(png).metadata();
    return [width, height];
  };
  assert.equal(await size(await overlayPicture(HAND, image, result.points)), [70, 50]);
  assert.equal(await size(await overlayPicture(HAND, picture(4096, 30, 1), result.points)), [2048, 15]);
  assert.equal(await size(await overlayPicture(HAND, picture(1, 1, 1), new Float64Array(42).fill(Number.NaN))), [1, 1]);
  assert.equal([hand.heatmaps.channels, hand.limbs!.channels], [21, 1]);
  assert.ok(hand.limbs!.data.every((v) => v >= 0 && v <= 1));
  const [width] = await size(await heatmapSheet(HAND, "a", hand, result.points));
  const [narrow] = await size(await maskSheet(HAND, "a", hand));
  assert.ok(width! > 8 * 176 && narrow! < 3 * 200);
});

test.run();
