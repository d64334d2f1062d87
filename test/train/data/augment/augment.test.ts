import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ShapeError, UserError } from "../../../../engine/errors/errors";
import { HAND } from "../../../../masks/hand";
import { type Config, resolveConfig } from "../../../../train/config/resolve";
import { augmentImages } from "../../../../train/data/augment/apply";
import { augmentBatch, changeBatch } from "../../../../train/data/augment/batch";
import {
  type Change,
  changesNothing,
  isShown,
  movePoint,
  sampleChange,
  UNCHANGED,
} from "../../../../train/data/augment/change";
import { blurWeights } from "../../../../train/data/augment/pack";
import { augmentReference } from "../../../../train/data/augment/reference";
import type { Dataset } from "../../../../train/data/dataset";
import type { Batch } from "../../../../train/data/loader";
import { BLACK, normalise, WHITE } from "../../../../train/data/normalise";
import { stream } from "../../../../train/data/rng";
import { fromMapUnits, listPoints } from "../../../../train/pose/pose";
import type { Source } from "../../../../train/source/open";
import { microBatches } from "../../../../train/step/feed";
import { testGpu } from "../../../helpers/gpu";
import { KITE } from "../../../helpers/kite";

const test = suite("augmentation");

/** A smooth, colourful photo with some noise, normalised: [3, S, S]. */
function photo(side: number, seed = 1): Float32Array {
  const rng = stream(seed, "photo");
  const data = Uint8Array.from({ length: 3 * side * side }, (_, i) => {
    const [c, x, y] = [i % 3, Math.floor(i / 3) % side, Math.floor(i / 3 / side)];
    return 128 + 90 * Math.sin((x + c * y) / 5 + c) + 30 * rng.uniform(-1, 1);
  });
  return normalise({ width: side, height: side, data }, new Float32Array(3 * side * side));
}

/** What the kernel makes of images [n, 3, S, S]. */
async function augmented(images: readonly Float32Array[], changes: readonly Change[]): Promise<Float32Array[]> {
  const gpu = await testGpu();
  const side = Math.sqrt(images[0].length / 3);
  const all = Float32Array.from(images.flatMap((image) => [...image]));
  const shape = [images.length, 3, side, side];
  const out = await gpu.scopeAsync(async () => {
    const result = gpu.empty(shape);
    augmentImages(gpu, gpu.tensor(all, shape), result, changes);
    return result.data();
  });
  return images.map((image, n) => out.slice(n * image.length, (n + 1) * image.length));
}

const turn = (degrees: number, scale = 1): Change["matrix"] => {
  const [c, s] = [scale * Math.cos((degrees * Math.PI) / 180), scale * Math.sin((degrees * Math.PI) / 180)];
  return [
    [c, -s],
    [s, c],
  ];
};

/** The pixels of `image` at the place that `from` names for each (x, y). */
function rearranged(image: Float32Array, side: number, from: (x: number, y: number) => [number, number]): Float32Array {
  return image.map((_, i) => {
    const [c, y, x] = [Math.floor(i / side / side), Math.floor(i / side) % side, i % side];
    const [fx, fy] = from(x, y);
    return image[(c * side + fy) * side + fx];
  });
}

const settings = (augment: object): Config["augment"] =>
  resolveConfig({ dataset: "synthetic", augment }, "test").config.augment;

const STRONG = settings({
  rotation: 180,
  scale: [0.5, 2],
  translation: 0.3,
  flip: 0.5,
  brightness: 0.5,
  contrast: 0.5,
  saturation: 1,
  blur: 3.5,
  cutout: { probability: 0.7, size: [0.1, 0.5] },
});

test("an unchanged image keeps every bit", async () => {
  for (const side of [8, 33]) {
    const image = photo(side);
    const [got] = await augmented([image], [UNCHANGED]);
    assert.equal(got, image);
  }
});

test("quarter turns and mirror images move whole pixels, exactly", async () => {
  for (const side of [16, 23]) {
    const image = photo(side);
    const last = side - 1;
    const mirror: Change["matrix"] = [
      [-1, 0],
      [0, 1],
    ];
    const cases: [Change["matrix"], (x: number, y: number) => [number, number]][] = [
      [turn(90), (x, y) => [y, last - x]],
      [turn(180), (x, y) => [last - x, last - y]],
      [turn(-90), (x, y) => [last - y, x]],
      [mirror, (x, y) => [last - x, y]],
    ];
    const got = await augmented(
      cases.map(() => image),
      cases.map(([matrix]) => ({ ...UNCHANGED, matrix })),
    );
    for (const [n, [, from]] of cases.entries()) assert.equal(got[n], rearranged(image, side, from), `case ${n}`);
  }
});

test("whole shifts move pixels and leave black behind; a cutout is the mean colour", async () => {
  const side = 20;
  const image = photo(side);
  const cutout = { left: 15, top: -3, right: 40, bottom: 7 };
  const [got] = await augmented([image], [{ ...UNCHANGED, shift: [4, -2], cutout }]);
  for (const [i, value] of got.entries()) {
    const [c, y, x] = [Math.floor(i / 400), Math.floor(i / side) % side, i % side];
    const inside = x >= 4 && y < 18;
    const want = x >= 15 && y < 7 ? 0 : inside ? image[(c * side + y + 2) * side + x - 4] : BLACK[c];
    assert.is(value, want, `channel ${c} at ${x}, ${y}`);
  }
});

test("the kernel equals the float64 reference, whatever is drawn", async () => {
  for (const side of [24, 41]) {
    const images = Array.from({ length: 12 }, (_, n) => photo(side, n));
    const changes = images.map((_, n) => sampleChange(STRONG, side, stream(7, "test", side, n)));
    const got = await augmented(images, changes);
    for (const [n, image] of images.entries()) {
      const want = augmentReference(image, side, changes[n]);
      const worst = want.reduce((most, v, i) => Math.max(most, Math.abs(v - got[n][i])), 0);
      assert.ok(worst < 2e-4, `image ${n} of ${side} pixels is off by ${worst}`);
    }
    const used = changes.filter(({ blur, cutout }) => blur > 0.5 && cutout).length;
    assert.ok(used > 0, "a blurred image with a cutout is among them");
  }
});

test("colours: factors act as they are named, and stay between black and white", async () => {
  const side = 8;
  const flat = (rgb: number[]) =>
    normalise(
      { width: side, height: side, data: Uint8Array.from({ length: 192 }, (_, i) => rgb[i % 3]) },
      new Float32Array(192),
    );
  const first = (image: Float32Array) =>
    [0, 1, 2].map((c) => Math.round(255 * (image[c * 64 + 27] * [0.229, 0.224, 0.225][c] + [0.485, 0.456, 0.406][c])));
  const of = async (rgb: number[], change: Partial<Change>) =>
    first((await augmented([flat(rgb)], [{ ...UNCHANGED, ...change }]))[0]);
  assert.equal(await of([100, 60, 20], { brightness: 1.5 }), [150, 90, 30]);
  assert.equal(await of([200, 60, 20], { brightness: 2 }), [255, 120, 40]);
  assert.equal(await of([100, 160, 20], { contrast: 0.5 }), [114, 144, 74]);
  assert.equal(await of([255, 0, 90], { contrast: 2 }), [255, 0, 53]);
  assert.equal(await of([100, 60, 20], { saturation: 0 }), [67, 67, 67]);
  assert.equal(await of([80, 80, 80], { saturation: 2 }), [80, 80, 80]);
  assert.ok(BLACK.every((black, c) => black < -1.7 && WHITE[c] > 2.2));
});

test("a blur spreads a dot by its standard deviation and keeps the sum", async () => {
  const side = 33;
  const image = normalise(
    { width: side, height: side, data: new Uint8Array(3 * side * side).fill(100) },
    new Float32Array(3 * side * side),
  );
  const base = image[0];
  image[16 * side + 16] = base + 2;
  const [got] = await augmented([image], [{ ...UNCHANGED, blur: 1.5 }]);
  let [sum, spread] = [0, 0];
  for (let y = 8; y < 25; y++) {
    for (let x = 8; x < 25; x++) {
      const value = got[y * side + x] - base;
      sum += value;
      spread += value * (x - 16) ** 2;
    }
  }
  assert.ok(Math.abs(sum - 2) < 1e-4, `sum ${sum}`);
  assert.ok(Math.abs(Math.sqrt(spread / sum) - 1.5) < 0.2, `deviation ${Math.sqrt(spread / sum)}`);
  assert.equal(blurWeights(0), [1]);
  assert.is(blurWeights(3.5).length, 8);
});

/** A batch of `count` images, the joints of each somewhere in its middle, a dot of 2 x 2 pixels drawn at one of them. */
function dottedBatch(count: number, side: number, joint: number): Batch {
  const rng = stream(5, "dots");
  const mapPoints = Float64Array.from({ length: count * 42 }, () => (side / 8) * rng.uniform(0.35, 0.65));
  const input = new Float32Array(count * 3 * side * side);
  const examples = Array.from({ length: count }, (_, n) => {
    const labels = mapPoints.subarray(n * 42, (n + 1) * 42);
    const image = input.subarray(n * 3 * side * side, (n + 1) * 3 * side * side);
    for (let i = 0; i < image.length; i++) image[i] = BLACK[Math.floor(i / side / side)];
    const [x, y] = [labels[2 * joint] * 8, labels[2 * joint + 1] * 8];
    // Bilinear weights: the dot's centre of mass is the joint itself.
    for (const [px, py] of [0, 1, 2, 3].map((k) => [Math.floor(x) + (k % 2), Math.floor(y) + (k >> 1)])) {
      const weight = (1 - Math.abs(px - x)) * (1 - Math.abs(py - y));
      image[py * side + px] += weight * (WHITE[0] - BLACK[0]);
    }
    return { name: `${n}`, points: labels, width: side, height: side, input: image, mapPoints: labels };
  });
  const indices = examples.map((_, n) => n + 100);
  return { splitName: "train", epoch: 3, index: 0, indices, input, mapPoints, examples };
}

/** Images are read from files, none is drawn. */
const folderLike = { split: () => ({}) as Dataset } as Pick<Source, "split"> as Source;

const augmentConfig = (augment: object, more: object = {}): Config =>
  resolveConfig({ dataset: "synthetic", image_size: 64, batch_size: 16, augment, ...more }, "test").config;

test("labels land where the pixels went, and so do the target maps", async () => {
  const gpu = await testGpu();
  const config = augmentConfig({ rotation: 180, scale: [0.7, 1.5], translation: 0.1, flip: 0.5, blur: 1 });
  const [count, side, joint] = [16, 64, 9];
  const batch = augmentBatch(config, dottedBatch(count, side, joint));
  let checked = 0;
  for (const part of microBatches(gpu, folderLike, config, batch, 7)) {
    const { input, heat } = await gpu.scopeAsync(async () => {
      const { input, targets } = part();
      return { input: await input.data(), heat: await targets.heat.data() };
    });
    const plane = side * side;
    for (let n = 0; n < input.length / (3 * plane); n++) {
      const [x, y] = batch.mapPoints.subarray(checked * 42 + 2 * joint);
      let [sum, mx, my] = [0, 0, 0];
      for (let i = 0; i < plane; i++) {
        const value = input[n * 3 * plane + i] - BLACK[0];
        sum += value;
        mx += value * (i % side);
        my += value * Math.floor(i / side);
      }
      assert.ok(sum > 0.5, `image ${checked}: the dot is in the picture`);
      assert.ok(
        Math.hypot(mx / sum - 8 * x, my / sum - 8 * y) < 0.75,
        `image ${checked}: dot ${mx / sum}, ${my / sum}; label ${8 * x}, ${8 * y}`,
      );
      const map = heat.subarray((n * 21 + joint) * 64, (n * 21 + joint + 1) * 64);
      const peak = map.indexOf(Math.max(...map));
      assert.ok(Math.hypot((peak % 8) - x, Math.floor(peak / 8) - y) < 0.75, `image ${checked}: target map`);
      checked++;
    }
  }
  assert.is(checked, count);
});

test("visibility follows: out of the frame, under a cutout, or hidden before", () => {
  const side = 64;
  const batch = dottedBatch(2, side, 0);
  batch.examples[1] = { ...batch.examples[1], visible: Array.from({ length: 21 }, (_, j) => j % 2 === 0) };
  const cutout = { left: 0, top: 0, right: 32, bottom: 64 };
  const changed = changeBatch(
    HAND,
    batch,
    [
      { ...UNCHANGED, cutout },
      { ...UNCHANGED, shift: [30, 0] },
    ],
    side,
  );
  assert.is(changed.examples[0].mapPoints.buffer, changed.mapPoints.buffer);
  for (let j = 0; j < 21; j++) {
    const [first, second] = batch.examples.map(({ mapPoints }) => mapPoints[2 * j] * 8);
    assert.is(changed.examples[0].visible![j], first >= 31.5, `joint ${j} at ${first} of the first image`);
    assert.is(changed.examples[1].visible![j], j % 2 === 0 && second + 30 < 63.5, `joint ${j} at ${second}`);
    assert.is(changed.mapPoints[42 + 2 * j] * 8, batch.mapPoints[42 + 2 * j] * 8 + 30);
  }
  assert.ok(isShown(UNCHANGED, side, [-0.5, 63.4]) && !isShown(UNCHANGED, side, [-0.6, 5]));
  assert.not.ok(isShown(UNCHANGED, side, [5, 63.5]));
  assert.equal(movePoint({ ...UNCHANGED, matrix: turn(90) }, 3, [2, 1]).map(Math.round), [1, 2]);
});

test("an image's change depends on seed, epoch and index alone", () => {
  const config = augmentConfig({ rotation: 30, cutout: { probability: 0.5 } });
  const batch = dottedBatch(4, 64, 0);
  const whole = augmentBatch(config, batch);
  const part = augmentBatch(config, { ...dottedBatch(1, 64, 0), indices: [102] });
  assert.equal(part.changes![0], whole.changes![2]);
  assert.equal(augmentBatch(config, batch).mapPoints, whole.mapPoints);
  assert.not.equal(augmentBatch({ ...config, seed: 1 }, batch).changes, whole.changes);
  assert.not.equal(augmentBatch(config, { ...batch, epoch: 4 }).changes, whole.changes);
  assert.not.equal(whole.changes![0], whole.changes![1]);
  // Turning one change on leaves the others' draws as they were.
  const more = augmentBatch(augmentConfig({ rotation: 30, blur: 1, cutout: { probability: 0.5 } }), batch);
  assert.equal(
    more.changes!.map((c) => ({ ...c, blur: 0 })),
    whole.changes,
  );
});

test("draws stay within their settings and reach all of them", () => {
  const changes = Array.from({ length: 400 }, (_, n) => sampleChange(STRONG, 100, stream(1, n)));
  const areas = changes.map(({ matrix: [[a, b], [c, d]] }) => a * d - b * c);
  const scales = areas.map((area) => Math.sqrt(Math.abs(area)));
  assert.ok(scales.every((s) => s >= 0.5 - 1e-9 && s <= 2 + 1e-9) && Math.min(...scales) < 0.55);
  const about = (share: number, wanted: number) => assert.ok(Math.abs(share - wanted) < 0.08, `${share} of ${wanted}`);
  about(areas.filter((area) => area < 0).length / 400, 0.5);
  about(scales.filter((s) => s < 1).length / 400, 0.5);
  about(changes.filter(({ cutout }) => cutout).length / 400, 0.7);
  about(changes.filter(({ blur }) => blur > 0).length / 400, 0.5);
  assert.ok(changes.every(({ shift, blur }) => Math.hypot(...shift) <= 30 * Math.SQRT2 && blur <= 3.5));
  assert.ok(changes.every((c) => Math.abs(c.brightness - 1) <= 0.5 && c.saturation >= 0 && c.saturation <= 2));
  const sides = changes.flatMap(({ cutout }) => (cutout ? [cutout.right - cutout.left] : []));
  assert.ok(Math.min(...sides) >= 9 && Math.max(...sides) <= 51);
});

test("off by default and in the four experiments: the batch passes untouched", () => {
  const batch = dottedBatch(1, 64, 0);
  assert.is(augmentBatch(augmentConfig({}), batch), batch);
  assert.ok(changesNothing(settings({ cutout: { size: [0.5, 0.5] } })));
  assert.not.ok(changesNothing(settings({ scale: [1, 1.2] })));
  for (const bad of [{ scale: [2, 1] }, { rotation: 200 }, { flip: 1.5 }, { cutout: { size: [0.5] } }, { hue: 1 }]) {
    assert.throws(
      () => settings(bad),
      (e: unknown) => e instanceof UserError && /augment/.test(e.message) && !e.message.includes("\n"),
    );
  }
});

test("tensors that do not fit are refused, and nothing is leaked", async () => {
  const gpu = await testGpu();
  const before = gpu.pool.liveBytes;
  gpu.scope(() => {
    const [a, b] = [gpu.zeros([2, 3, 8, 8]), gpu.zeros([2, 3, 8, 8])];
    const refuses = (action: () => void) => assert.throws(action, (e: unknown) => e instanceof ShapeError);
    refuses(() => augmentImages(gpu, a, b, [UNCHANGED]));
    refuses(() => augmentImages(gpu, a, gpu.zeros([2, 3, 16, 16]), [UNCHANGED, UNCHANGED]));
    refuses(() => augmentImages(gpu, gpu.zeros([1, 3, 8, 4]), gpu.zeros([1, 3, 8, 4]), [UNCHANGED]));
    augmentImages(gpu, a, b, [UNCHANGED, UNCHANGED]);
  });
  await gpu.finish();
  assert.is(gpu.pool.liveBytes, before);
});

test("in a mirrored image a joint is its partner, place and visibility", () => {
  const side = 64;
  const joints = KITE.joints.length;
  const mapPoints = Float64Array.from({ length: 2 * joints }, (_, i) => 1 + 0.5 * i);
  const visible = [true, true, true, false, true];
  const pose = { name: "a", points: fromMapUnits(mapPoints), width: side, height: side, visible };
  const input = new Float32Array();
  const examples = [{ ...pose, input, mapPoints }];
  const batch: Batch = { splitName: "train", epoch: 0, index: 0, indices: [0], input, mapPoints, examples };
  const mirror: Change = {
    ...UNCHANGED,
    matrix: [
      [-1, 0],
      [0, 1],
    ],
  };
  const changed = changeBatch(KITE, batch, [mirror], side);
  // The left wing is now the right one: where that was, at the other side. Pixel i comes to S - 1 - i.
  const own = listPoints(fromMapUnits(changed.mapPoints));
  const before = listPoints(fromMapUnits(mapPoints));
  for (const [j, partner] of [3, 1, 2, 0, 4].entries()) {
    assert.equal(own[j], [side - 1 - before[partner][0], before[partner][1]], KITE.joints[j].name);
  }
  assert.equal(changed.examples[0].visible, [false, true, true, true, true]);
  // Turned, it stays itself.
  const still = changeBatch(KITE, batch, [{ ...UNCHANGED, shift: [1, 0] }], side);
  assert.equal(still.examples[0].visible, visible);
});

test.run();
