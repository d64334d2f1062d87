import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Tensor } from "../../../engine/core/tensor";
import { ShapeError } from "../../../engine/errors/errors";
import { frontOf } from "../../../train/synthetic/capsule";
import { SyntheticDataset, type SyntheticOptions } from "../../../train/synthetic/dataset";
import { NORMALISED, RGB } from "../../../train/synthetic/renderer";
import { testGpu } from "../../helpers/gpu";

const test = suite("synthetic hands: pictures");

const dataset = async (options: Partial<SyntheticOptions> = {}) =>
  new SyntheticDataset(await testGpu(), { seed: 3, splitName: "train", size: 100, imageSize: 96, ...options });

/** What float32 may be off by, in crop sides: a root of nearly zero at an outline costs digits. */
const ROUNDING = 1e-4;

/** What `draw` leaves in a [count, 3, S, S] tensor. */
async function pixels(hands: SyntheticDataset, count: number, draw: (images: Tensor) => void): Promise<Float32Array> {
  const images = hands.gpu.empty([count, 3, hands.imageSize, hands.imageSize]);
  draw(images);
  const values = await images.data();
  images.dispose();
  return values;
}
const rgb = (hands: SyntheticDataset, indices: number[]) =>
  pixels(hands, indices.length, (images) => hands.renderInto(images, indices, RGB));
const parts = (hands: SyntheticDataset, indices: number[]) =>
  pixels(hands, indices.length, (images) => hands.renderPartsInto(images, indices));

test("one seed draws one image, whatever batch it is in", async () => {
  const [hands, again] = [await dataset(), await dataset({ size: 5 })];
  const image = 3 * 96 ** 2;
  const first = await rgb(hands, [4, 11]);
  const second = await rgb(again, [11, 2, 4]);
  assert.equal(first.subarray(0, image), second.subarray(2 * image));
  assert.equal(first.subarray(image), second.subarray(0, image));
  assert.equal(hands.points(11), again.points(11));
});

test("other numbers, splits and seeds draw other images, none of them flat", async () => {
  const image = 3 * 96 ** 2;
  const base = await rgb(await dataset(), [0, 1]);
  const others = [
    base.subarray(image),
    await rgb(await dataset({ splitName: "valid" }), [0]),
    await rgb(await dataset({ splitName: "test" }), [0]),
    await rgb(await dataset({ seed: 4 }), [0]),
  ];
  const all = [base.subarray(0, image), ...others];
  for (const [i, a] of all.entries()) {
    const mean = a.reduce((sum, v) => sum + v, 0) / a.length;
    const deviation = Math.sqrt(a.reduce((sum, v) => sum + (v - mean) ** 2, 0) / a.length);
    assert.ok(deviation > 12, `image ${i} varies by ${deviation}`);
    assert.ok(
      a.every((v) => v >= 0 && v <= 255.001),
      `image ${i} stays within 0 and 255`,
    );
    for (const b of all.slice(i + 1)) {
      const apart = a.reduce((sum, v, k) => sum + Math.abs(v - b[k]), 0) / a.length;
      assert.ok(apart > 8, `image ${i} differs by ${apart}`);
    }
  }
});

test("normalised output is (rgb / 255 - mean) / std", async () => {
  const hands = await dataset({ imageSize: 40 });
  const plain = await rgb(hands, [6]);
  const normalised = await pixels(hands, 1, (images) => hands.renderInto(images, [6]));
  for (const [i, value] of normalised.entries()) {
    const c = Math.floor(i / 1600);
    const want = (plain[i] / 255 - NORMALISED.mean[c]) / NORMALISED.std[c];
    assert.ok(Math.abs(value - want) < 1e-5, `value ${i}: ${value}, expected ${want}`);
  }
});

test("each pixel shows the capsule that float64 finds there, at its depth", async () => {
  const hands = await dataset({ imageSize: 52 }); // no multiple of the tile
  const plane = 52 * 52;
  const indices = [0, 1, 2, 3];
  const drawn = await parts(hands, indices);
  for (const [slot, n] of indices.entries()) {
    const { capsules, millimetre } = hands.scene(n);
    const [coverage, part, depth] = [0, 1, 2].map((c) =>
      drawn.subarray((3 * slot + c) * plane, (3 * slot + c + 1) * plane),
    );
    let covered = 0;
    for (let i = 0; i < plane; i++) {
      const [x, y] = [(i % 52) / 52, Math.floor(i / 52) / 52];
      const depths = capsules.map((capsule) => frontOf(capsule, x, y)?.z ?? Number.POSITIVE_INFINITY);
      const nearest = Math.min(...depths);
      const covers = (by: number) =>
        capsules.some(({ a, b, ra, rb }) => frontOf({ a, b, ra: ra + by, rb: rb + by }, x, y) !== null);
      if (covers(ROUNDING) !== covers(-ROUNDING)) continue; // on the outline
      assert.is(coverage[i], covers(0) ? 1 : 0, `image ${n}, pixel ${i}`);
      if (coverage[i] === 0) continue;
      covered++;
      // Blending moves a surface forward, by a few millimetres at most, and only towards one that is almost as near.
      assert.ok(depth[i] < nearest + ROUNDING && depth[i] > nearest - 8 * millimetre, `image ${n}, pixel ${i}: depth`);
      assert.ok(depths[part[i] - 1] < nearest + 8 * millimetre, `image ${n}, pixel ${i}: capsule ${part[i]}`);
      const alone = depths.filter((z) => z < nearest + 20 * millimetre).length === 1;
      if (alone) {
        assert.ok(Math.abs(depth[i] - nearest) < ROUNDING, `image ${n}, pixel ${i}: depth of a lone surface`);
        assert.is(part[i] - 1, depths.indexOf(nearest), `image ${n}, pixel ${i}: capsule`);
      }
    }
    assert.ok(covered > 0.04 * plane && covered < 0.5 * plane, `image ${n}: the hand covers ${covered} of ${plane}`);
  }
});

test("every joint lies on the hand, and is seen or hidden as its flag says", async () => {
  const hands = await dataset({ imageSize: 192 });
  const indices = Array.from({ length: 12 }, (_, n) => n);
  const drawn = await parts(hands, indices);
  const plane = 192 ** 2;
  let [hidden, checked] = [0, 0];
  for (const [slot, n] of indices.entries()) {
    const { capsules, millimetre } = hands.scene(n);
    const labels = hands.points(n);
    for (const [j, visible] of hands.visible(n).entries()) {
      const [x, y] = [Math.round(labels[2 * j]), Math.round(labels[2 * j + 1])];
      assert.ok(x >= 0 && x < 192 && y >= 0 && y < 192, `image ${n}, joint ${j} is in the frame`);
      const at = 3 * slot * plane + y * 192 + x;
      assert.is(drawn[at], 1, `image ${n}, joint ${j} is on the hand`);
      // The pixel's centre is up to half a pixel off; where two parts are nearly as near, either may show.
      const own = capsules.filter((c) => c.joints.includes(j)).map((c) => frontOf(c, x / 192, y / 192)?.z ?? 9);
      const others = capsules.filter((c) => !c.joints.includes(j)).map((c) => frontOf(c, x / 192, y / 192)?.z ?? 9);
      if (Math.abs(Math.min(...own) - Math.min(...others)) < 6 * millimetre) continue;
      assert.is(
        capsules[drawn[at + plane] - 1].joints.includes(j),
        visible,
        `image ${n}, joint ${j}: visible ${visible}`,
      );
      checked++;
      hidden += visible ? 0 : 1;
    }
  }
  assert.ok(checked > 150 && hidden > 2, `${checked} checked, ${hidden} hidden`);
});

test("the hand has its skin's colour, the background has not", async () => {
  const hands = await dataset({ imageSize: 96 });
  const indices = [0, 1, 2, 3, 4, 5, 6, 7];
  const [colours, drawn] = [await rgb(hands, indices), await parts(hands, indices)];
  const plane = 96 * 96;
  for (const slot of indices) {
    const hue = (covered: boolean) => {
      const sums = [0, 0, 0];
      for (let i = 0; i < plane; i++) {
        const at = 3 * slot * plane + i;
        // The palm and fingers: capsules 1 to 11 (the arm and a sleeve come after).
        if (covered ? drawn[at + plane] < 1 || drawn[at + plane] > 11 : drawn[at] !== 0) continue;
        for (let c = 0; c < 3; c++) sums[c] += colours[at + c * plane];
      }
      return sums;
    };
    const [r, g, b] = hue(true);
    assert.ok(r > 1.1 * g && g > 1.02 * b, `image ${slot}: skin is red before green before blue (${r}, ${g}, ${b})`);
    const [R, G, B] = hue(false);
    assert.ok(Math.abs(R / (R + G + B) - r / (r + g + b)) > 0.005, `image ${slot}: the background is another colour`);
  }
});

/** Means of 12 x 12 pixels of a 96 x 96 image: [8][8] cells of RGB. */
function thumbnail(image: Float32Array): number[] {
  const cells = new Array(192).fill(0);
  for (const [i, value] of image.entries()) {
    const [c, y, x] = [Math.floor(i / 9216), Math.floor(i / 96) % 96, i % 96];
    cells[(Math.floor(y / 12) * 8 + Math.floor(x / 12)) * 3 + c] += value / 144;
  }
  return cells;
}

test("image 5 of seed 3 looks as it was committed, on every adapter", async () => {
  const got = thumbnail(await rgb(await dataset(), [5]));
  const want = JSON.parse(readFileSync("test/golden/synthetic-thumbnail.json", "utf8")) as {
    rgb: number[];
    labels: number[];
  };
  assert.is(want.rgb.length, 192);
  for (const [i, value] of want.rgb.entries()) {
    assert.ok(Math.abs(got[i] - value) < 0.5, `cell ${i}: ${got[i]}, committed ${value}`);
  }
  const labels = (await dataset()).points(5);
  for (const [i, value] of want.labels.entries()) assert.ok(Math.abs(labels[i] - value) < 1e-3, `label ${i}`);
});

test("it is a dataset: examples carry pixels, labels in map units, visibility and a tight box", async () => {
  const hands = await dataset({ imageSize: 64, splitName: "valid", size: 7 });
  assert.equal([hands.size, hands.splitName, hands.imageSize], [7, "valid", 64]);
  const example = await hands.load(2);
  const { input, ...rest } = example;
  assert.equal(input, await pixels(hands, 1, (images) => hands.renderInto(images, [2])));
  const { mapPoints, ...pose } = rest;
  assert.equal(pose, await hands.pose(2));
  assert.equal(
    mapPoints,
    hands.points(2).map((px) => px / 8),
  );
  assert.equal(pose.visible, hands.visible(2));
  const { x, y, width, height } = pose.tightBox!;
  const xs = pose.points.filter((_, i) => i % 2 === 0);
  assert.equal([x, x + width], [Math.min(...xs), Math.max(...xs)]);
  assert.ok(Math.abs(64 / Math.max(width, height) - 2.2) < 0.2 && y > 0, "the crop is about 2.2 tight boxes");
  assert.is(example.name, "valid/2");
});

test("drawing leaks nothing; wrong shapes and numbers are refused", async () => {
  const hands = await dataset();
  const before = hands.gpu.pool.liveBytes;
  await rgb(hands, [0]);
  await hands.load(1);
  assert.is(hands.gpu.pool.liveBytes, before);
  const wrong = hands.gpu.empty([2, 3, 96, 96]);
  assert.throws(
    () => hands.renderInto(wrong, [0]),
    (e: unknown) => e instanceof ShapeError,
  );
  wrong.dispose();
  assert.throws(() => hands.points(-1), RangeError);
  assert.throws(() => hands.points(0.5), RangeError);
});

test.run();
