import { suite } from "uvu";
import * as assert from "uvu/assert";
import { OneEuroFilter } from "../../../train/infer/one-euro";
import { aroundBox, wholeImage } from "../../../train/infer/region";
import { Tracker } from "../../../train/infer/track";
import { movePoints, type Points, pointsOf } from "../../../train/pose/pose";
import { numbers } from "../../helpers/tiny";

const test = suite("tracking");

const frame = { width: 640, height: 480 };
const confident = Array(21).fill(0.8);
/** A hand 60 pixels wide and 50 high with its top left at (x, y). */
const hand = (x: number, y: number) =>
  pointsOf(Array.from({ length: 21 }, (_, j) => [x + 20 * (j % 4), y + 10 * Math.floor(j / 4)]));

test("the 1-Euro filter: samples worked out by hand", () => {
  // At 2 pi samples a second a cutoff of c Hz gives a new sample the weight c / (c + 1).
  const options = { rate: 2 * Math.PI, minCutoff: 1, beta: 0 };
  const plain = new OneEuroFilter(options);
  assert.equal(
    [0, 1, 1, 1].map((v) => plain.filter(v)),
    [0, 0.5, 0.75, 0.875],
  );
  // Speeds 0, pi, 3 pi / 4 raise the cutoff to 1, 3, 2.5, the weights to 1/2, 3/4, 5/7.
  const fast = new OneEuroFilter({ ...options, beta: 2 / Math.PI });
  const got = [0, 1, 1].map((v) => fast.filter(v));
  for (const [i, want] of [0, 3 / 4, 13 / 14].entries()) assert.ok(Math.abs(got[i] - want) < 1e-12, `${got}`);
});

test("rest: less jitter; motion: little lag; the speed filter's cutoff counts", () => {
  const options = { rate: 30, minCutoff: 1, beta: 0.05 };
  const still = new OneEuroFilter(options);
  const noise = [...numbers(300, 3, -1, 1)];
  const deviation = (values: number[]) => Math.sqrt(values.reduce((sum, v) => sum + v * v, 0) / values.length);
  assert.ok(deviation(noise.map((v) => still.filter(v)).slice(30)) < 0.45 * deviation(noise.slice(30)));
  const lag = (beta: number, speedCutoff?: number) => {
    const filter = new OneEuroFilter({ ...options, beta, speedCutoff });
    let last = 0;
    for (let i = 0; i < 60; i++) last = filter.filter(10 * i);
    return 590 - last;
  };
  assert.ok(lag(0) > 40 && lag(0.05) < 10, `${lag(0)}, ${lag(0.05)}`);
  assert.is.not(lag(0.05, 0.05), lag(0.05));
});

test("the next frame is searched around the last one's joints", () => {
  const tracker = new Tracker({ fps: 30 });
  assert.equal(tracker.region(frame), wholeImage(frame));
  tracker.update({ points: hand(200, 100), confidence: confident });
  assert.equal(tracker.region(frame), aroundBox({ x: 200, y: 100, width: 60, height: 50 }));
  assert.equal(tracker.region(frame), { x: 164, y: 59, side: 132 });
  // Where the joints were measured, not where they were smoothed to.
  tracker.update({ points: hand(230, 130), confidence: confident });
  assert.equal(tracker.region(frame), { x: 194, y: 89, side: 132 });
});

test("the first frame's box, and a lost hand", () => {
  const box = { x: 10, y: 20, width: 100, height: 50 };
  const tracker = new Tracker({ fps: 30, box });
  assert.equal(tracker.region(frame), aroundBox(box));
  tracker.update({ points: hand(0, 0), confidence: confident });
  const nothing = [
    { points: hand(20, 20), confidence: Array(21).fill(0.05) },
    { points: hand(20, 20), confidence: confident.with(3, Number.NaN) },
    { points: new Float64Array(42).fill(7), confidence: confident },
    {
      points: movePoints(hand(20, 20), (point, j) => (j === 4 ? [Number.NaN, Number.NaN] : point)),
      confidence: confident,
    },
  ];
  for (const lost of nothing) {
    assert.is(tracker.update(lost), null);
    assert.equal(tracker.region(frame), wholeImage(frame));
    // Found again elsewhere: nothing pulls it back to where it was.
    assert.equal(tracker.update({ points: hand(300, 300), confidence: confident }), hand(300, 300));
  }
});

test("joints are smoothed each by itself, alike at every resolution", () => {
  const track = (scale: number) => {
    const tracker = new Tracker({ fps: 30 });
    const noise = numbers(42 * 20, 9, -2, 2);
    let last: Points = new Float64Array();
    for (let t = 0; t < 20; t++) {
      const points = hand(100 + 3 * t, 80).map((v, i) => scale * (v + noise[42 * t + i]));
      last = tracker.update({ points, confidence: confident })!;
    }
    return last;
  };
  const [one, four] = [track(1), track(4)];
  const truth = hand(157, 80);
  let error = 0;
  for (let i = 0; i < 42; i++) {
    assert.ok(Math.abs(four[i] - 4 * one[i]) < 1e-9);
    error += Math.abs(one[i] - truth[i]) / 42;
  }
  assert.ok(error > 0.1 && error < 3, `${error} pixels off on average`);
});

test.run();
