import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { UserError } from "../../engine/errors";
import { readSafetensors } from "../../model/safetensors";
import type { Dataset, Pose } from "../../train/data/dataset";
import { decodeExact, decodeOriginal, findPeaks } from "../../train/metrics/decode";
import { Evaluation } from "../../train/metrics/evaluation";
import { meanPose, meanPoseOf, placeMeanPose } from "../../train/metrics/mean-pose";
import { pckOfHand, pckOriginal, pckVisible } from "../../train/metrics/pck";
import { sharedFile } from "../helpers/shared";

const test = suite("metrics");

/** The original's predictions and PCK for eight made-up images: metrics.json of the golden numbers, in short. */
interface GoldenPck {
  names: string[];
  wh: [number, number][];
  gt: Record<string, number[][]>;
  preds: Record<string, { pred_label: number[][]; resol: number }>;
  sigmas: number[];
  pck: Record<string, number>;
  pck_per_image: Record<string, Record<string, number>>;
  pck_edge: { rows: [w: number, bb: number, sigma: number, dx: number, dy: number, pck: number][] };
  decode_table_int_k_times_w_over_46: Record<string, number[]>;
}
const golden: GoldenPck = JSON.parse(readFileSync("test/golden/pck.json", "utf8"));
const poses = golden.names.map((name, i) =>
  pose({ name, labelsPx: Float64Array.from(golden.gt[name].flat()), width: golden.wh[i][0], height: golden.wh[i][1] }),
);

function pose(fields: Partial<Pose> = {}): Pose {
  return { name: "a", labelsPx: new Float64Array(42), width: 220, height: 220, ...fields };
}
const shifted = (by: (joint: number) => number) =>
  Float64Array.from({ length: 42 }, (_, i) => (i % 2 ? 0 : by(i >> 1)));
const fill = (value: number) => new Float64Array(42).fill(value);

test("PCK of the golden predictions, per image and in all, exactly the original's", () => {
  const hands = poses.map((p) => ({
    pose: p,
    predicted: Float64Array.from(golden.preds[p.name].pred_label.flat()),
  }));
  const inAll = pckOriginal(hands, golden.sigmas);
  assert.equal(
    inAll.pck,
    golden.sigmas.map((sigma) => golden.pck[sigma]),
  );
  for (const hand of hands) {
    const expected = golden.sigmas.map((sigma) => golden.pck_per_image[hand.pose.name][sigma]);
    assert.equal(pckOfHand(hand, golden.sigmas), expected);
  }
  for (const t of golden.sigmas.keys()) {
    const mean = inAll.perJoint.reduce((sum, joint) => sum + joint[t], 0) / 21;
    assert.ok(Math.abs(mean - inAll.pck[t]) < 1e-12);
  }
});

test("distances at the very limit are judged as the original judges them", () => {
  assert.is(golden.pck_edge.rows.length, 100);
  for (const [width, , sigma, dx, dy, expected] of golden.pck_edge.rows) {
    const predicted = Float64Array.from({ length: 42 }, (_, i) => (i % 2 === 0 ? dx : dy));
    const [ours] = pckOfHand({ pose: pose({ width, height: 9999 }), predicted }, [sigma]);
    assert.is(ours, expected, `width ${width}, threshold ${sigma}, (${dx}, ${dy})`);
  }
});

test("decoding truncates every cell as Python does", () => {
  for (const [size, expected] of Object.entries(golden.decode_table_int_k_times_w_over_46)) {
    const peaks = Array.from({ length: 46 }, (_, k) => ({ x: k, y: 45 - k, value: 1 }));
    const decoded = decodeOriginal(peaks, 46, Number(size), Number(size));
    assert.equal(
      [...decoded],
      expected.flatMap((v, k) => [v, expected[45 - k]]),
    );
  }
  assert.equal([...decodeExact([{ x: 5, y: 9, value: 1 }], 12, 100, 60)], [500 / 12, 45]);
});

test("peaks: the first maximum in row-major order, negative maps, ties, NaN", () => {
  const maps = new Float32Array(5 * 9);
  maps.set([0, 1, 0, 0, 0, 3, 3, 0, 0], 0);
  maps.set([-5, -4, -4, -3, -9, -9, -9, -9, -9], 9);
  maps.set([0, -0, 0, 0, 0, 0, 0, 0, 0], 18);
  maps.set([0, 1, 0, 0, 0, 3, 3, 0, Number.NaN], 27);
  maps.fill(Number.NEGATIVE_INFINITY, 36);
  assert.equal(findPeaks(maps, 3), [
    { x: 2, y: 1, value: 3 },
    { x: 0, y: 1, value: -3 },
    { x: 0, y: 0, value: 0 },
    { x: Number.NaN, y: Number.NaN, value: Number.NaN },
    { x: 0, y: 0, value: Number.NEGATIVE_INFINITY },
  ]);
});

test("golden maps, ties and constants among them, decode to the original's predictions", () => {
  const maps = new Float32Array(
    new Uint8Array(gunzipSync(readFileSync("test/golden/pck_heatmaps_00000000.f32.gz"))).buffer,
  );
  const evaluation = new Evaluation(golden.sigmas, 46, fill(0.5));
  evaluation.add(poses[0], maps);
  assert.equal(evaluation.predictions(), { "00000000.jpg": golden.preds["00000000.jpg"] });
});

test("all golden maps, from maps to PCK", () => {
  const path = sharedFile("golden/metrics.safetensors");
  if (!path) return;
  const maps = readSafetensors(path).f32("heatmaps");
  const evaluation = new Evaluation(golden.sigmas, 46, fill(0.5));
  for (const [i, p] of poses.entries()) evaluation.add(p, maps.subarray(i * 21 * 46 * 46, (i + 1) * 21 * 46 * 46));
  assert.equal(evaluation.predictions(), golden.preds);
  const report = evaluation.report();
  assert.equal(
    report.original.pck,
    golden.sigmas.map((sigma) => golden.pck[sigma]),
  );
  assert.equal([report.images, report.nanMaps], [8, 0]);
  assert.equal(
    evaluation.perImage().map(({ name, pck }) => [name, pck]),
    golden.names.map((name) => [name, golden.sigmas.map((sigma) => golden.pck_per_image[name][sigma])]),
  );
});

test("the visible variant: joints out of sight are not judged, the box is the tight one's longer side", () => {
  const thresholds = [0.1];
  // Joint j is j pixels off. Box 100 / 2.2 x 2.2: joints 0..9 are within 10 pixels.
  const predicted = shifted((j) => j);
  const square = pose({ width: 221, height: 100 });
  assert.equal(pckVisible([{ pose: square, predicted }], thresholds).pck, [11 / 21]);
  const wide = pose({ width: 100, height: 221 });
  assert.equal(pckVisible([{ pose: wide, predicted }], thresholds).pck, [11 / 21]);
  assert.equal(pckOriginal([{ pose: wide, predicted }], thresholds).pck, [5 / 21]);

  const boxed = pose({ tightBox: { x: 0, y: 0, width: 30, height: 51 } });
  assert.equal(pckVisible([{ pose: boxed, predicted }], thresholds).pck, [6 / 21]);
  assert.equal(pckOriginal([{ pose: boxed, predicted }], thresholds).pck, [10 / 21]);

  const visible = Array.from({ length: 21 }, (_, j) => j >= 4);
  const hidden = pose({ tightBox: boxed.tightBox, visible });
  const judged = pckVisible([{ pose: hidden, predicted }], thresholds);
  assert.equal(judged.pck, [2 / 17]);
  assert.equal(judged.perJoint.slice(3, 7), [[Number.NaN], [1], [1], [0]]);
  // Over joints, not over images: (2 + 6) of (17 + 21).
  const both = [
    { pose: hidden, predicted },
    { pose: boxed, predicted },
  ];
  assert.equal(pckVisible(both, thresholds).pck, [8 / 38]);
  assert.equal(pckOriginal(both, thresholds).pck, [10 / 21]);
});

test("the mean pose: fractions of each image's size, visible joints alone", () => {
  const visible = Array.from({ length: 21 }, (_, j) => j !== 2 && j !== 3);
  const some = [
    pose({ labelsPx: fill(10), width: 100, height: 50 }),
    pose({ labelsPx: fill(10), width: 20, height: 20, visible }),
  ];
  const mean = meanPose(some);
  assert.equal([mean[0], mean[1]], [(0.1 + 0.5) / 2, (0.2 + 0.5) / 2]);
  assert.equal([mean[4], mean[5]], [0.1, 0.2]);
  const hidden = meanPose([some[1]]);
  assert.equal([hidden[6], hidden[7]], [0.5, 0.5]);
  const placed = placeMeanPose(mean, { width: 1000, height: 100 });
  assert.equal([placed[0], placed[1]], [300, 35]);
});

test("the mean pose of a dataset, which may skip bad images", async () => {
  const dataset: Dataset = {
    splitName: "train",
    size: 3,
    imageSize: 8,
    load: () => Promise.reject(new Error("no pixels are needed")),
    pose: async (i) => {
      if (i === 1) throw new UserError("imgs/1.jpg: cannot be decoded");
      return pose({ labelsPx: fill(10 + i), width: 100, height: 100 });
    },
  };
  assert.equal(await meanPoseOf(dataset, true), fill((0.1 + 0.12) / 2));
  try {
    await meanPoseOf(dataset);
    assert.unreachable();
  } catch (error) {
    assert.instance(error, UserError);
  }
});

test("an evaluation reports both variants beside the mean pose, and counts NaN maps as wrong joints", () => {
  const labelsPx = Float64Array.from({ length: 42 }, (_, i) => (i % 2 === 0 ? 3 : 2) * 10);
  const hand = pose({ labelsPx, width: 80, height: 80 });
  const maps = new Float32Array(21 * 64);
  for (let j = 0; j < 21; j++) maps[j * 64 + 2 * 8 + 3] = 1;
  maps[5 * 64] = Number.NaN;
  const evaluation = new Evaluation([0.1, 0.5], 8, fill(0.25));
  evaluation.add(hand, maps);
  const report = evaluation.report();
  assert.is(report.nanMaps, 1);
  assert.equal(report.original.pck, [20 / 21, 20 / 21]);
  assert.equal(report.visible.perJoint[5], [0, 0]);
  // The mean pose is (20, 20) here, 10 pixels off: beyond 0.1, within 0.5 of 80 / 2.2.
  assert.equal(report.original.meanPose, [0, 1]);
  assert.equal(report.visible.meanPose, [0, 1]);
  const { pred_label, resol } = JSON.parse(JSON.stringify(evaluation.predictions())).a;
  assert.equal([resol, pred_label[0], pred_label[5]], [80, [30, 20], [null, null]]);
});

test.run();
