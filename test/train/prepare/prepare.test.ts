import { createHash } from "node:crypto";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { UserError } from "../../../engine/errors/errors";
import type { RgbImage } from "../../../train/data/resize";
import { resizeBicubic } from "../../../train/data/resize";
import { type Point, type Points, pointsOf, scalePoints } from "../../../train/pose/index";
import {
  baseFirstScore,
  NSRM_ORDER,
  orderByNames,
  reorder,
  reorderPoints,
  TIP_FIRST_ORDER,
  turnedRound,
} from "../../../train/prepare/contract/node";
import { cropAround, drawCrop, toCrop } from "../../../train/prepare/crop";
import { PythonRandom } from "../../../train/source/python-random";
import { parseShares, splitGroups, splitSizes } from "../../../train/source/split";
import { type ImageKey, POSE_RANGES } from "../../../train/synthetic/sampler";
import { buildScene } from "../../../train/synthetic/scene";

const test = suite("prepare: parts");
const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);
const cmuNames = () => numbers(14817).map((i) => String(i).padStart(8, "0"));

test("shuffles as Python's random does", () => {
  // random.seed(seed); x = list(range(n)); random.shuffle(x), as CPython 3.11 prints it
  const cases: [number, number, number[]][] = [
    [0, 10, [7, 8, 1, 5, 3, 4, 2, 0, 9, 6]],
    [1, 1, [0]],
    [5, 2, [0, 1]],
    [2 ** 40 + 7, 20, [17, 0, 10, 3, 1, 2, 9, 12, 7, 13, 5, 11, 14, 6, 16, 4, 8, 15, 18, 19]],
  ];
  for (const [seed, n, want] of cases) {
    assert.equal(new PythonRandom(seed).shuffle(numbers(n)), want, `seed ${seed}`);
  }
  assert.equal(
    new PythonRandom(2 ** 32 - 1).shuffle(numbers(65)).slice(0, 12),
    [35, 61, 14, 55, 53, 54, 19, 48, 42, 47, 60, 6],
  );
  assert.throws(() => new PythonRandom(-1), RangeError);
});

test("the paper's CMU split", () => {
  const shares = parseShares("80/10/10");
  assert.equal(splitSizes(14817, shares), [11853, 1482, 1482]);
  const split = splitGroups(cmuNames(), { shares, seed: 1111, contiguous: false });
  const order = [...split.keys()];
  assert.equal(order.slice(0, 3), ["00005277", "00008143", "00003535"]);
  // sha256 of "\n".join(names) after random.seed(1111); random.shuffle(names)
  assert.is(
    createHash("sha256").update(order.join("\n")).digest("hex"),
    "da41f5f2e0645621e4d6ca074a97ce405414201654be72118f5c733ade32c29c",
  );
  assert.equal([split.get(order[11852]), split.get(order[11853]), split.get(order[13335])], ["train", "valid", "test"]);
});

test("shares: contiguous blocks, none empty while there is enough, nonsense refused", () => {
  const groups = numbers(583).map(String);
  const split = splitGroups(groups, { shares: [80, 10, 10], seed: 0, contiguous: true });
  assert.equal([...split.keys()], groups);
  assert.equal(
    groups.map((g) => split.get(g)),
    [...new Array(466).fill("train"), ...new Array(58).fill("valid"), ...new Array(59).fill("test")],
  );
  assert.equal(splitSizes(4, [80, 10, 10]), [2, 1, 1]);
  assert.equal(splitSizes(3, [80, 10, 10]), [1, 1, 1]);
  assert.equal(splitSizes(1, [80, 10, 10]), [1, 0, 0]);
  assert.equal(
    splitSizes(0, [80, 10, 10]).reduce((a, b) => a + b),
    0,
  );
  assert.equal(splitSizes(10, [100, 0, 0]), [10, 0, 0]);
  for (const bad of ["80/10", "80/10/5", "a/b/c", "0/50/50", "120/-10/-10", ""]) {
    assert.throws(
      () => parseShares(bad),
      (e: unknown) => e instanceof UserError && e.message.includes(`--split ${bad}`),
    );
  }
});

/** A picture that is a linear function of its place. */
const ramp = (width: number, height: number): RgbImage => {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) data.set([20 + 2 * x, 30 + 3 * y, 40 + x + y], (y * width + x) * 3);
  }
  return { width, height, data };
};

test("a crop is 2.2 boxes around the box's centre, and its pixels lie where labels are moved to", () => {
  const crop = cropAround({ x: 20.3, y: 14.6, width: 9.4, height: 17 }, 64);
  assert.ok(Math.abs(crop.side - 2.2 * 17) < 1e-12);
  const [cx, cy] = toCrop(crop, [20.3 + 4.7, 14.6 + 8.5]);
  assert.ok(Math.abs(cx - 32) < 1e-9 && Math.abs(cy - 32) < 1e-9);
  const drawn = drawCrop(ramp(64, 64), crop);
  for (const [x, y] of [
    [24, 20],
    [30.5, 28.25],
  ] as Point[]) {
    const [u, v] = toCrop(crop, [x, y]).map(Math.round);
    const at = (v * 64 + u) * 3;
    const [sx, sy] = [crop.left + (u * crop.side) / 64, crop.top + (v * crop.side) / 64];
    for (const [c, want] of [20 + 2 * sx, 30 + 3 * sy, 40 + sx + sy].entries()) {
      assert.ok(Math.abs(drawn.data[at + c] - want) <= 0.51, `(${x}, ${y}) channel ${c}`);
    }
  }
});

test("a whole number of pixels at the same size is copied; outside is black; shrinking averages as Pillow does", () => {
  const photo = ramp(40, 30);
  const copy = drawCrop(photo, { left: 30, top: -5, side: 16, size: 16 });
  for (let y = 0; y < 16; y++) {
    for (let x = 0; x < 16; x++) {
      const [px, py] = [30 + x, y - 5];
      const inside = px < 40 && py >= 0;
      const want = inside ? [...photo.data.subarray((py * 40 + px) * 3, (py * 40 + px) * 3 + 3)] : [0, 0, 0];
      assert.equal([...copy.data.subarray((y * 16 + x) * 3, (y * 16 + x) * 3 + 3)], want, `${x}, ${y}`);
    }
  }
  // Pillow's pixel u of a 3-fold reduction is centred on 3u + 1. Its borders are not black.
  const noise = { ...photo, data: photo.data.map((v, i) => (v * 7 + i * i * 13) % 256) };
  const small = drawCrop(noise, { left: 1, top: 1, side: 30, size: 10 });
  const pillow = resizeBicubic(noise, 40, 10);
  const across = resizeBicubic({ ...noise, width: 40 }, 40, 30);
  assert.is(across.data.length, noise.data.length);
  for (let y = 2; y < 8; y++) {
    // Rows of the reduction in y alone are compared after the same one in x.
    const row = reduceRow(pillow.data.subarray(y * 120, y * 120 + 120));
    for (let x = 2; x < 8; x++) {
      for (let c = 0; c < 3; c++) {
        const [got, want] = [small.data[(y * 10 + x) * 3 + c], row[x * 3 + c]];
        assert.ok(Math.abs(got - want) <= 2, `${x}, ${y}, ${c}: ${got}, Pillow ${want}`);
      }
    }
  }
});

/** A row of 40 pixels, its first 30 reduced 3-fold. */
function reduceRow(row: Uint8Array): Uint8Array {
  return resizeBicubic({ width: 30, height: 1, data: row.subarray(0, 90) }, 10, 1).data;
}

test("a crop far outside or larger than the photograph is drawn too", () => {
  const photo = ramp(8, 8);
  const away = drawCrop(photo, { left: 100, top: 100, side: 10, size: 8 });
  assert.ok(away.data.every((v) => v === 0));
  const far = drawCrop(photo, { left: -40, top: -40, side: 88, size: 8 });
  assert.ok(far.data[(4 * 8 + 4) * 3] > 0 && far.data[0] === 0);
});

test("keypoint names tell the joints' order", () => {
  const fingers = ["thumb", "forefinger", "middle_finger", "ring_finger", "pinky_finger"];
  const named = ["wrist", ...fingers.flatMap((f) => [1, 2, 3, 4].map((i) => f + i))];
  assert.equal(orderByNames(named), NSRM_ORDER);
  const tipFirst = ["wrist", ...fingers.flatMap((f) => [4, 3, 2, 1].map((i) => f + i))];
  assert.equal(orderByNames(tipFirst), TIP_FIRST_ORDER);
  const wristLast = [...tipFirst.slice(1), "right_wrist"];
  assert.is(orderByNames(wristLast)![0], 20);
  assert.equal(reorder(wristLast, orderByNames(wristLast)!).slice(1), named.slice(1));
  const parts = (thumb: string[]) => [
    "palm",
    ...thumb.map((p) => `thumb_${p}`),
    ...["index", "middle", "ring", "little"].flatMap((f) => ["mcp", "pip", "dip", "tip"].map((p) => `${f}_${p}`)),
  ];
  assert.equal(orderByNames(parts(["cmc", "mcp", "ip", "tip"])), NSRM_ORDER);
  assert.equal(orderByNames(parts(["mcp", "pip", "dip", "tip"])), NSRM_ORDER);
  assert.equal(orderByNames(["wrist", ...fingers.flatMap((f) => [0, 1, 2, 3].map((i) => f + i))]), NSRM_ORDER);
  assert.is(orderByNames(numbers(21).map((i) => `joint${i}`)), null);
  assert.is(orderByNames(["wrist", ...named.slice(0, 20)]), null, "a joint twice");
  assert.is(orderByNames(named.slice(1)), null);
});

const key = (n: number): ImageKey => ({ seed: 11, split: "train", n });
const syntheticHand = (n: number): Points => scalePoints(pointsOf(buildScene(key(n), POSE_RANGES.simple).joints), 300);

test("bones tell which way round fingers are listed", () => {
  const hands = numbers(60).map(syntheticHand);
  const score = baseFirstScore(hands);
  assert.ok(score > 0.5, `from base to tip: ${score}`);
  const turned = hands.map((hand) => reorderPoints(hand, TIP_FIRST_ORDER));
  assert.ok(Math.abs(baseFirstScore(turned) + score) < 1e-9, "the other way round");
  assert.is(baseFirstScore([hands[0].slice().fill(Number.NaN, 0, 2)]), 0, "hands with a missing joint do not count");
  assert.equal(turnedRound(TIP_FIRST_ORDER), NSRM_ORDER);
});

test.run();
