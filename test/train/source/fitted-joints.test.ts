import { suite } from "uvu";
import * as assert from "uvu/assert";
import { HAND } from "../../../masks/hand";
import { movePoints, type Points, pointAt, pointsOf, scalePoints } from "../../../train/pose/pose";
import { canFit, withFittedJoints } from "../../../train/source/fitted-joints";
import { POSE_RANGES } from "../../../train/synthetic/sampler";
import { buildScene } from "../../../train/synthetic/scene";

const test = suite("fitted joints");

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);
const syntheticHand = (n: number): Points =>
  scalePoints(pointsOf(buildScene({ seed: 11, split: "train", n }, POSE_RANGES.simple).joints), 300);

test("missing joints are placed by a flat hand over the others; the others stay", () => {
  const offsets: number[] = [];
  for (const n of numbers(30)) {
    const hand = syntheticHand(n);
    const missing = [0, 7, 8, 16].map((j) => (j + n) % 21);
    const holes = movePoints(hand, (point, j) => (missing.includes(j) ? [Number.NaN, Number.NaN] : point));
    const filled = withFittedJoints(HAND, holes);
    for (const j of numbers(21)) {
      const [[x, y], [trueX, trueY]] = [pointAt(filled, j), pointAt(hand, j)];
      // In shares of the hand's size, which the crop makes 300 / 2.2 pixels.
      if (missing.includes(j)) offsets.push((Math.hypot(x - trueX, y - trueY) * 2.2) / 300);
      else assert.equal([x, y], [trueX, trueY]);
    }
  }
  const mean = offsets.reduce((sum, off) => sum + off, 0) / offsets.length;
  assert.ok(mean < 0.16 && Math.max(...offsets) < 0.5, `off by ${mean}, at most ${Math.max(...offsets)}`);
  const two = withFittedJoints(HAND, pointsOf(numbers(21).map((j) => (j < 2 ? [10 * j, 0] : null))));
  assert.ok(two.every(Number.isFinite));
});

test("a hand with all its joints is the same hand", () => {
  const whole = syntheticHand(0);
  assert.is(withFittedJoints(HAND, whole), whole);
});

test("there is a model of a hand, and of nothing else", () => {
  assert.ok(canFit(HAND));
  assert.not.ok(canFit({ ...HAND, name: "glove" }));
});

test.run();
