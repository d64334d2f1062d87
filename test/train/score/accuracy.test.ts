import { suite } from "uvu";
import * as assert from "uvu/assert";
import { HAND } from "../../../masks/hand";
import { type Pose, pointsOf } from "../../../train/pose/index";
import { CURVE_THRESHOLDS, measureAccuracy } from "../../../train/score/accuracy";
import { pckOriginal, pckVisible } from "../../../train/score/pck";

const test = suite("accuracy");

/** A hand with every joint at (0, 0), in an image of 440 x 220 pixels: the original's box is 200, the longer side 200. */
const pose = (fields: Partial<Pose> = {}): Pose => {
  return { name: "a", points: new Float64Array(42), width: 440, height: 220, ...fields };
};
/** Joint j is predicted `off(j)` pixels away. */
const hand = (off: (joint: number) => number, fields: Partial<Pose> = {}) => ({
  pose: pose(fields),
  points: pointsOf(Array.from({ length: 21 }, (_, j) => [0.6 * off(j), -0.8 * off(j)])),
});
const close = (got: number, want: number) => assert.ok(Math.abs(got - want) < 1e-12, `${got}, expected ${want}`);

test("end-point error: mean and median, in pixels and by the box, in all, by finger, by joint", () => {
  const { all, fingers, joints } = measureAccuracy(HAND, [hand((j) => j)]);
  assert.equal([all.name, all.judged], ["all joints", 21]);
  close(all.epe.mean, 10);
  close(all.epe.median, 10);
  close(all.epeOfBox.mean, 10 / 200);
  assert.equal(
    fingers.map(({ name, judged }) => [name, judged]),
    [
      ["wrist", 1],
      ["thumb", 4],
      ["index", 4],
      ["middle", 4],
      ["ring", 4],
      ["little", 4],
    ],
  );
  close(fingers[2].epe.mean, (5 + 6 + 7 + 8) / 4);
  close(fingers[2].epe.median, 6.5);
  assert.equal([joints[8].name, joints.length], ["index tip", 21]);
  close(joints[8].epeOfBox.median, 8 / 200);
});

test("the median is not moved by one joint that is far off, the mean is", () => {
  const { all } = measureAccuracy(HAND, [hand((j) => (j === 20 ? 1e6 : 2))]);
  close(all.epe.median, 2);
  assert.ok(all.epe.mean > 40000);
});

test("joints out of sight are left out, and the tight box counts where there is one", () => {
  const fields = {
    visible: Array.from({ length: 21 }, (_, j) => j < 5),
    tightBox: { x: 0, y: 0, width: 10, height: 40 },
  };
  const { all, fingers, joints } = measureAccuracy(HAND, [hand((j) => j, fields)]);
  assert.is(all.judged, 5);
  close(all.epe.mean, 2);
  close(all.epeOfBox.mean, 2 / 40);
  assert.equal([fingers[2].judged, fingers[2].epe.mean, fingers[2].auc], [0, Number.NaN, Number.NaN]);
  assert.equal(joints[20].epe, { mean: Number.NaN, median: Number.NaN });
});

test("a joint without a prediction has no error, and is wrong in the curve", () => {
  const { all, visible } = measureAccuracy(HAND, [hand((j) => (j === 3 ? Number.NaN : 0.1))]);
  assert.is(all.judged, 21);
  close(all.epe.mean, 0.1);
  close(visible.pck.at(-1)!, 20 / 21);
  close(all.auc, (20 / 21) * (39.5 / 40)); // all but the threshold of 0, of which the trapezoids take half a step
});

test("the curve is PCK at every threshold, in both ways; a step's area is what lies right of it", () => {
  const some = [hand((j) => 3 * j), hand((j) => 41 - j, { tightBox: { x: 0, y: 0, width: 90, height: 30 } })];
  const { original, visible, all, thresholds } = measureAccuracy(HAND, some);
  assert.is(thresholds, CURVE_THRESHOLDS);
  assert.equal([thresholds[0], thresholds[20], thresholds[40]], [0, 0.1, 0.2]);
  assert.equal(original.pck, Object.values(orderedPck(pckOriginal)));
  assert.equal(visible.pck, Object.values(orderedPck(pckVisible)));
  assert.is.not(visible.auc, original.auc);
  assert.is(all.auc, visible.auc);
  // Every joint 20 pixels off, a tenth of 200: wrong up to and at 0.1.
  close(measureAccuracy(HAND, [hand(() => 20)]).original.auc, (0.1 - 0.0025) / 0.2);

  function orderedPck(measure: typeof pckOriginal) {
    const { pck } = measure(some, thresholds);
    return thresholds.map((t) => pck[t]);
  }
});

test.run();
