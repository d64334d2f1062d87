import sharp from "sharp";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { HAND } from "../../../masks/hand";
import { Canvas, type Picture, resized, textSize } from "../../../train/pictures/canvas";
import { colormap, jointColor, limbColors, PART_COLORS, type Rgb, ROOT_COLOR } from "../../../train/pictures/colors";
import { strokes } from "../../../train/pictures/font";
import { channel, drawSkeleton, heatmapOverlay, tintOverlay } from "../../../train/pictures/hand";
import type { Maps } from "../../../train/pictures/maps";
import { masksSheet, type Sample, samplePicture } from "../../../train/pictures/samples";
import { sheet } from "../../../train/pictures/sheet";
import { movePoints, pointsOf } from "../../../train/pose/pose";
import { KITE } from "../../helpers/kite";

const test = suite("pictures");

const WHITE: Rgb = [255, 255, 255];
const at = ({ pixels, width }: Picture, x: number, y: number) => [
  ...pixels.subarray((y * width + x) * 3, (y * width + x) * 3 + 3),
];
/** How many pixels of white there are in all, parts counted as parts. */
const area = ({ pixels }: Picture) => pixels.reduce((sum, value) => sum + value, 0) / (3 * 255);

function maps(channels: number, size: number, f: (c: number, x: number, y: number) => number): Maps {
  const data = Float32Array.from({ length: channels * size * size }, (_, i) =>
    f(Math.floor(i / (size * size)), i % size, Math.floor(i / size) % size),
  );
  return { data, channels, height: size, width: size };
}

/** A hand with its joints on a plain grid, in a picture of 100 pixels. */
const hand = pointsOf(
  Array.from({ length: 21 }, (_, j) =>
    j === 0 ? [50, 90] : [20 + 15 * Math.floor((j - 1) / 4), 70 - 15 * ((j - 1) % 4)],
  ),
);

test("shapes cover their own area, with smooth edges", () => {
  const disc = new Canvas(40, 40);
  disc.disc(19.3, 20.6, 10, WHITE);
  assert.ok(Math.abs(area(disc) - Math.PI * 100) < 3, `${area(disc)}`);
  assert.equal(at(disc, 19, 20), [255, 255, 255]);
  assert.equal(at(disc, 33, 20), [0, 0, 0]);
  assert.ok(disc.pixels.some((value) => value > 20 && value < 235));

  const line = new Canvas(60, 60);
  line.line(10, 10, 40, 50, 4, WHITE); // length 50, and two half discs
  assert.ok(Math.abs(area(line) - (50 * 4 + Math.PI * 4)) < 3, `${area(line)}`);

  const half = new Canvas(9, 9, [100, 100, 100]);
  half.line(0, 4, 8, 4, 3, [200, 0, 100], 0.5);
  assert.equal(at(half, 4, 4), [150, 50, 100]);
  half.rectangle(7, 7, 10, 10, [0, 0, 0], 0.5);
  assert.equal(at(half, 8, 8), [50, 50, 50]);
  assert.equal(at(half, 6, 8), [100, 100, 100]);
});

test("what lies outside, far away or nowhere does no harm", () => {
  const canvas = new Canvas(10, 10);
  canvas.disc(1e9, -1e9, 5, WHITE);
  canvas.line(Number.NaN, 1, 5, 5, 3, WHITE);
  canvas.disc(5, Number.POSITIVE_INFINITY, 3, WHITE);
  canvas.line(5, 5, Number.NEGATIVE_INFINITY, 5, 3, WHITE);
  canvas.text("", 5, 5, 1, WHITE);
  canvas.paste(new Canvas(4, 4, WHITE), -10, 3);
  assert.is(area(canvas), 0);
  canvas.paste(new Canvas(4, 4, WHITE), -2, 8);
  assert.is(area(canvas), 4);
  canvas.line(-1e6, 5, 1e6, 5, 1, WHITE);
  assert.equal(at(canvas, 9, 5), [255, 255, 255]);
});

test("every printable letter has a shape of its own, unknown ones a box", () => {
  const letters = Array.from({ length: 94 }, (_, i) => String.fromCharCode(33 + i)).filter((c) => c !== "`");
  const shapes = new Set(letters.map((c) => JSON.stringify(strokes(c))));
  assert.is(shapes.size, letters.length);
  assert.equal(strokes(" "), []);
  assert.equal(strokes("é"), strokes("`"));
  assert.not.ok(shapes.has(JSON.stringify(strokes("é"))));

  const scale = 2;
  const { width, height } = textSize("Hg", scale);
  const canvas = new Canvas(Math.ceil(width) + 4, Math.ceil(height) + 4);
  canvas.text("Hg", 2, 2, scale, WHITE);
  // H: both stems are lit, the space between them is not; g: lit below the baseline, where H is not.
  assert.ok(at(canvas, 2, 4)[0] > 200 && at(canvas, 10, 4)[0] > 200);
  assert.ok(at(canvas, 2, 5)[0] > 200, "dots are joined to strokes");
  assert.equal(at(canvas, 6, 4), [0, 0, 0]);
  assert.ok(at(canvas, 14 + 4, 2 + 16)[0] > 200);
  assert.equal(at(canvas, 6, 2 + 16), [0, 0, 0]);
});

test("the colour scale grows evenly lighter; values outside are clamped", () => {
  const luma = ([r, g, b]: Rgb) => 0.2126 * r + 0.7152 * g + 0.0722 * b;
  for (let i = 1; i < 32; i++) assert.ok(luma(colormap(i / 31)) > luma(colormap((i - 1) / 31)), `step ${i}`);
  assert.equal(colormap(-1), colormap(0));
  assert.equal(colormap(7), colormap(1));
  assert.equal(colormap(Number.NaN), colormap(0));
  assert.ok(luma(colormap(0)) < 30 && luma(colormap(1)) > 200);
});

test("limb masks take their fingers' colours", () => {
  assert.equal(limbColors(HAND, 7), [null, ...PART_COLORS, ROOT_COLOR]);
  assert.equal(limbColors(HAND, 6), [...PART_COLORS, ROOT_COLOR]);
  assert.equal(
    limbColors(HAND, 20)!.map(String),
    HAND.limbs.map(({ to }) => String(jointColor(HAND, to))),
  );
  assert.is(limbColors(HAND, 1), null);
});

test("a skeleton has its fingers' colours, and bones of missing joints are left out", () => {
  const canvas = new Canvas(256, 256);
  drawSkeleton(canvas, HAND, hand, 2.56);
  for (let finger = 0; finger < 5; finger++) {
    const x = Math.round((20 + 15 * finger) * 2.56);
    assert.equal(at(canvas, x, Math.round(62.5 * 2.56)), [...PART_COLORS[finger]], `finger ${finger}`); // first bone
    assert.equal(at(canvas, x, Math.round(25 * 2.56)), [...PART_COLORS[finger]], `tip ${finger}`);
  }
  const without = new Canvas(256, 256);
  drawSkeleton(
    without,
    HAND,
    movePoints(hand, (point, j) => (j === 3 ? [Number.NaN, Number.NaN] : point)),
    2.56,
  );
  assert.equal(at(without, Math.round(20 * 2.56), Math.round(32.5 * 2.56)), [0, 0, 0]);
  assert.equal(at(without, Math.round(20 * 2.56), Math.round(62.5 * 2.56)), [...PART_COLORS[0]]);
});

test("a heatmap's peak shows where the label is", () => {
  const photo = new Canvas(80, 80, [90, 90, 90]);
  const peak = maps(2, 10, (c, x, y) => (c === 1 && x === 7 && y === 2 ? 1 : 0));
  const smooth = heatmapOverlay(photo, peak);
  assert.equal(at(smooth, 56, 16), [...colormap(1)]); // grid point (7, 2) of 10 is pixel (56, 16) of 80
  assert.equal(at(smooth, 64, 16), at(smooth, 0, 0)); // its neighbour is 0 again
  const [before, middle, after] = [at(smooth, 56, 16), at(smooth, 60, 16), at(smooth, 63, 16)].map(
    ([, green]) => green,
  );
  assert.ok(before > middle && middle > after, "evenly in between");

  const squares = heatmapOverlay(photo, peak, "nearest");
  assert.equal(at(squares, 53, 13), [...colormap(1)]);
  assert.equal(at(squares, 59, 19), [...colormap(1)]);
  assert.equal(at(squares, 60, 16), at(squares, 0, 0));
  assert.equal(at(heatmapOverlay(photo, channel(peak, 0)), 56, 16), at(smooth, 0, 0));
});

test("tinted maps mix their colours by their values over the grey photo", () => {
  const photo = new Canvas(8, 8, [200, 100, 0]);
  const both = maps(3, 1, (c) => [1, 0.5, 0.5][c]);
  const tinted = tintOverlay(photo, both, [null, [200, 0, 0], [0, 0, 100]]);
  const grey = 0.75 * (0.299 * 200 + 0.587 * 100);
  assert.equal(
    at(tinted, 3, 3),
    [100, 0, 50].map((value) => Math.round((Math.round(grey) + value) / 2)),
  );
  const nothing = tintOverlay(
    photo,
    maps(1, 1, () => Number.NaN),
    [WHITE],
  );
  assert.equal(at(nothing, 3, 3), [Math.round(grey), Math.round(grey), Math.round(grey)]);
});

test("a sheet keeps every picture whole and leaves gaps empty", () => {
  const red = new Canvas(30, 20, [255, 0, 0]);
  const blue = new Canvas(30, 20, [0, 0, 255]);
  const made = sheet(
    [{ picture: red, label: "a" }, null, { picture: blue, label: "a label far too long for its place" }],
    2,
    "heading",
  );
  const count = (color: Rgb) => {
    let n = 0;
    for (let i = 0; i < made.pixels.length; i += 3) if (color.every((v, c) => made.pixels[i + c] === v)) n++;
    return n;
  };
  assert.is(count([255, 0, 0]), 600);
  assert.is(count([0, 0, 255]), 600);
  assert.is(made.width, 8 + 2 * 38);
  const isRed = (i: number) => made.pixels[3 * i] === 255 && made.pixels[3 * i + 1] === 0;
  const isBlue = (i: number) => made.pixels[3 * i] === 0 && made.pixels[3 * i + 2] === 255;
  const pixels = Array.from({ length: made.width * made.height }, (_, i) => i);
  const [firstRed, firstBlue] = [pixels.find(isRed)!, pixels.find(isBlue)!];
  assert.is(firstRed % made.width, 8);
  assert.is(firstBlue % made.width, 8);
  assert.ok(firstBlue > firstRed + 20 * made.width, "the third cell begins the second row");
});

test("the picture of samples and the sheet of masks are PNGs of the expected size", async () => {
  const image = new Canvas(96, 96, [120, 90, 60]);
  const heat = { predicted: maps(21, 12, () => 0.25), true: maps(21, 12, (c, x) => (x === c % 12 ? 1 : 0)) };
  const limbs = (channels: number) => ({ predicted: maps(channels, 12, () => 0.5), true: maps(channels, 12, () => 0) });
  const sample: Sample = {
    skeleton: HAND,
    caption: "image.jpg",
    image,
    points: { predicted: hand, true: hand },
    heatmaps: heat,
    limbs: null,
  };
  const size = async (png: Buffer) => {
    const { format, width, height } = await sharp(png).metadata();
    assert.is(format, "png");
    return [width, height];
  };
  const [baseWidth, baseHeight] = await size(await samplePicture([sample], 100));
  assert.is(baseWidth, 8 + 4 * 108);
  const [width, height] = await size(
    await samplePicture(
      [7, 6, 1, 20].map((c) => ({ ...sample, limbs: limbs(c) })),
      100,
    ),
  );
  assert.is(width, 8 + 6 * 108);
  assert.is(height - 8, (baseHeight - 8) * 4);

  const seven = maps(7, 12, (c, x) => (x === c ? 1 : 0));
  const masks = await masksSheet(
    { skeleton: HAND, name: "image.jpg", image, points: hand, heatmaps: heat.true, ldm: seven, lpm: seven },
    60,
  );
  assert.is((await size(masks))[0], 8 + HAND.groupings.G1_6.length * 68);
});

test("resizing keeps what is already right, and colours", async () => {
  const picture = new Canvas(10, 6, [10, 200, 30]);
  const larger = await resized(picture, 25, 40);
  assert.equal([larger.width, larger.height, larger.pixels.length], [25, 40, 3000]);
  assert.equal(at(larger, 24, 39), [10, 200, 30]);
  assert.is((await resized(picture, 10, 6)).pixels, picture.pixels);
});

test("another skeleton has the colours of its own parts, and limbs of its own", () => {
  // The parts: nose, wings, body. Channels by number: four limbs, or the three groups, of which the last is all of it.
  assert.equal(
    KITE.joints.map((_, j) => jointColor(KITE, j)),
    [PART_COLORS[0], ROOT_COLOR, PART_COLORS[1], PART_COLORS[0], PART_COLORS[1]],
  );
  assert.equal(limbColors(KITE, 4), [PART_COLORS[0], PART_COLORS[0], PART_COLORS[1], PART_COLORS[1]]);
  assert.equal(limbColors(KITE, 3), [PART_COLORS[0], ROOT_COLOR, null]);
  assert.is(limbColors(KITE, 7), null);
  const canvas = new Canvas(256, 256);
  const kite = pointsOf([
    [40, 100],
    [100, 40],
    [40, 200],
    [160, 100],
    [220, 200],
  ]);
  drawSkeleton(canvas, KITE, kite);
  assert.equal(at(canvas, 130, 70), [...PART_COLORS[0]], "nose to right");
  assert.equal(at(canvas, 130, 200), [...PART_COLORS[1]], "heart to tail");
  assert.equal(at(canvas, 190, 150), [0, 0, 0], "no limb from right to tail");
});

test.run();
