import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { UserError } from "../../../engine/errors/errors";
import { HAND } from "../../../masks/hand";
import { readSafetensors } from "../../../model/files/safetensors";
import type { Dataset } from "../../../train/data/dataset";
import { decodeHeatmaps } from "../../../train/decode/decode";
import { movePoints, type Pose, pairsOf, pointsOf } from "../../../train/pose/index";
import { measureAccuracy } from "../../../train/score/accuracy";
import { meanPose, placeMeanPose } from "../../../train/score/mean-pose";
import { pckOriginal, pckVisible } from "../../../train/score/pck";
import { predictionsJson } from "../../../train/score/predictions";
import { scorePredictions } from "../../../train/score/scores";
import { KITE } from "../../helpers/kite";
import { sharedFile } from "../../helpers/shared";

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
  pose({ name, points: Float64Array.from(golden.gt[name].flat()), width: golden.wh[i][0], height: golden.wh[i][1] }),
);

function pose(fields: Partial<Pose> = {}): Pose {
  return { name: "a", points: new Float64Array(42), width: 220, height: 220, ...fields };
}
const fill = (value: number) => new Float64Array(42).fill(value);
/** The same (x, y) for every joint. */
const everywhere = (x: number, y: number) => pointsOf(Array.from({ length: 21 }, () => [x, y]));

test("PCK of the golden predictions, per image and in all, exactly the original's", () => {
  const hands = poses.map((p) => ({ pose: p, points: pointsOf(golden.preds[p.name].pred_label) }));
  const inAll = pckOriginal(hands, golden.sigmas);
  assert.equal(inAll.pck, golden.pck);
  for (const hand of hands) {
    assert.equal(pckOriginal([hand], golden.sigmas).pck, golden.pck_per_image[hand.pose.name]);
  }
  for (const sigma of golden.sigmas) {
    const mean = inAll.perJoint[sigma].reduce((sum, joint) => sum + joint, 0) / 21;
    assert.ok(Math.abs(mean - inAll.pck[sigma]) < 1e-12);
  }
});

test("distances at the very limit are judged as the original judges them", () => {
  assert.is(golden.pck_edge.rows.length, 100);
  for (const [width, , sigma, dx, dy, expected] of golden.pck_edge.rows) {
    const hand = { pose: pose({ width, height: 9999 }), points: everywhere(dx, dy) };
    assert.is(pckOriginal([hand], [sigma]).pck[sigma], expected, `width ${width}, threshold ${sigma}, (${dx}, ${dy})`);
  }
});

test("decoding truncates every cell as Python does, width and height each by itself", () => {
  const table = golden.decode_table_int_k_times_w_over_46;
  for (const [size, expected] of Object.entries(table)) {
    for (let k = 0; k < 46; k++) {
      const map = new Float32Array(46 * 46);
      map[(45 - k) * 46 + k] = 1;
      const { points } = decodeHeatmaps(map, 46, 46, Number(size), 237);
      assert.equal([...points], [expected[k], table["237"][45 - k]]);
    }
  }
});

test("decoding multiplies by width / 46, not by width and then divides", () => {
  // 23 * (26 / 46) is 12.999999999999998 in float64.
  const map = new Float32Array(46 * 46);
  map[23 * 46 + 23] = 1;
  for (const size of [26, 52, 104, 122, 198, 208, 226, 244, 254, 370, 396, 406]) {
    assert.equal([...decodeHeatmaps(map, 46, 46, size, size).points], [size / 2 - 1, size / 2 - 1]);
  }
});

test("peaks: the first maximum in row-major order, negative maps, ties, infinities, NaN", () => {
  const maps = new Float32Array(5 * 6);
  maps.set([0, 1, 0, 3, 3, 0], 0);
  maps.set([-5, -4, -3, -9, -3, -9], 6);
  maps.set([0, -0, 0, 0, 0, 0], 12);
  maps.set([0, 1, 0, 3, 3, Number.NaN], 18);
  maps.fill(Number.NEGATIVE_INFINITY, 24);
  // Maps of 2 rows and 3 columns of an image of 9 x 4: a cell is 3 pixels wide and 2 high.
  const { points, confidence } = decodeHeatmaps(maps, 2, 3, 9, 4);
  assert.equal(
    { points: [...points], confidence },
    {
      points: [0, 2, 6, 0, 0, 0, Number.NaN, Number.NaN, 0, 0],
      confidence: [3, -3, 0, Number.NaN, Number.NEGATIVE_INFINITY],
    },
  );
});

test("golden maps, ties and constants among them, decode to the original's predictions", () => {
  const bytes = gunzipSync(readFileSync("test/golden/pck_heatmaps_00000000.f32.gz"));
  const maps = new Float32Array(new Uint8Array(bytes).buffer);
  const { points } = decodeHeatmaps(maps, 46, 46, poses[0].width, poses[0].height);
  assert.equal(pairsOf(points), golden.preds["00000000.jpg"].pred_label);
});

test("all golden maps, from maps to PCK", () => {
  const path = sharedFile("golden/metrics.safetensors");
  if (!path) return;
  const maps = readSafetensors(path).f32("heatmaps");
  const predictions = poses.map(({ width, height }, i) =>
    decodeHeatmaps(maps.subarray(i * 21 * 46 * 46, (i + 1) * 21 * 46 * 46), 46, 46, width, height),
  );
  assert.equal(
    predictions.map((p) => pairsOf(p.points)),
    golden.names.map((name) => golden.preds[name].pred_label),
  );
  const scores = scorePredictions(predictions, poses, fill(0.5), golden.sigmas);
  assert.equal(scores.original.pck, golden.pck);
  assert.is(scores.undecodable, 0);
});

test("the visible variant: joints out of sight are not judged, the box is the tight one's longer side", () => {
  const at = [0.1];
  const pck = (measure: typeof pckVisible, ...hands: Pose[]) =>
    // Joint j is j pixels off.
    measure(
      hands.map((p) => ({ pose: p, points: pointsOf(Array.from({ length: 21 }, (_, j) => [j, 0])) })),
      at,
    );
  // The longer side is 221 / 2.2 = 100.45: joints 0..10 are within 10.045 pixels.
  assert.is(pck(pckVisible, pose({ width: 221, height: 100 })).pck["0.1"], 11 / 21);
  assert.is(pck(pckVisible, pose({ width: 100, height: 221 })).pck["0.1"], 11 / 21);
  assert.is(pck(pckOriginal, pose({ width: 100, height: 221 })).pck["0.1"], 5 / 21);

  const boxed = pose({ tightBox: { x: 0, y: 0, width: 30, height: 51 } });
  assert.is(pck(pckVisible, boxed).pck["0.1"], 6 / 21);
  assert.is(pck(pckOriginal, boxed).pck["0.1"], 10 / 21);

  const hidden = pose({ tightBox: boxed.tightBox, visible: Array.from({ length: 21 }, (_, j) => j >= 4) });
  const judged = pck(pckVisible, hidden);
  assert.is(judged.pck["0.1"], 2 / 17);
  assert.equal(judged.perJoint["0.1"].slice(3, 7), [Number.NaN, 1, 1, 0]);
  // Over joints, not over images: (2 + 6) of (17 + 21).
  assert.is(pck(pckVisible, hidden, boxed).pck["0.1"], 8 / 38);
  assert.is(pck(pckOriginal, hidden, boxed).pck["0.1"], 10 / 21);
});

test("the mean pose: fractions of each image's size, visible joints alone", async () => {
  const visible = Array.from({ length: 21 }, (_, j) => j !== 2 && j !== 3);
  const some = [
    pose({ points: fill(10), width: 100, height: 50 }),
    pose({ points: fill(10), width: 20, height: 20, visible }),
  ];
  const of = (...poses: Pose[]) =>
    meanPose({ skeleton: HAND, size: poses.length, pose: async (i) => poses[i] } as Dataset);
  const mean = await of(...some);
  assert.equal([mean[0], mean[1]], [(0.1 + 0.5) / 2, (0.2 + 0.5) / 2]);
  assert.equal([mean[4], mean[5]], [0.1, 0.2]);
  const hidden = await of(some[1]);
  assert.equal([hidden[6], hidden[7]], [0.5, 0.5]);
  assert.equal([...placeMeanPose(mean, { width: 1000, height: 100 }).subarray(0, 2)], [300, 35]);
});

test("the mean pose of a dataset leaves out images that cannot be read, and hides no other failure", async () => {
  const dataset = (failure: Error): Dataset => ({
    splitName: "train",
    skeleton: HAND,
    size: 3,
    imageSize: 8,
    load: () => Promise.reject(new Error("no pixels are needed")),
    pose: async (i) => {
      if (i === 1) throw failure;
      return pose({ points: fill(10 + i), width: 100, height: 100 });
    },
  });
  assert.equal(await meanPose(dataset(new UserError("imgs/1.jpg: cannot be decoded"))), fill((0.1 + 0.12) / 2));
  try {
    await meanPose(dataset(new TypeError("a bug")));
    assert.unreachable();
  } catch (error) {
    assert.instance(error, TypeError);
  }
});

test("scores stand beside the mean pose's, and a joint without a prediction is wrong and counted", () => {
  const points = Float64Array.from({ length: 42 }, (_, i) => (i % 2 === 0 ? 30 : 20));
  const hand = pose({ points, width: 80, height: 80 });
  const found = everywhere(30, 20).fill(Number.NaN, 10, 12);
  const scores = scorePredictions([{ points: found }], [hand], fill(0.25), [0.1, 0.5]);
  assert.is(scores.undecodable, 1);
  assert.equal(scores.original.pck, { "0.1": 20 / 21, "0.5": 20 / 21 });
  assert.is(scores.visible.perJoint["0.5"][5], 0);
  // The mean pose is at (20, 20) here, 10 pixels off: beyond 0.1, within 0.5 of 80 / 2.2.
  assert.equal(scores.meanPose, { original: { "0.1": 0, "0.5": 1 }, visible: { "0.1": 0, "0.5": 1 } });
});

test("a signal is heard while the mean pose of endless hands is taken", async () => {
  const stop = new AbortController();
  setTimeout(() => stop.abort("stopped"), 5);
  const hand = pose({ points: fill(10), width: 100, height: 100 });
  const endless = { skeleton: HAND, size: 1e12, pose: async () => hand } as unknown as Dataset;
  assert.is(await meanPose(endless, stop.signal).catch((reason) => reason), "stopped");
});

test("a made-up skeleton of five joints: PCK, the mean pose and predictions on file go by its own number", async () => {
  const points = pointsOf(Array.from({ length: 5 }, (_, j) => [20 + j, 30]));
  const kite = pose({ points, width: 220, height: 220, visible: [true, true, false, true, true] });
  // Joint j is 5j pixels off; the box's side is 100.
  const found = movePoints(points, ([x, y], j) => [x, y + 5 * j]);
  const hands = [{ pose: kite, points: found }];
  assert.is(pckOriginal(hands, [0.1]).pck["0.1"], 2 / 5);
  assert.equal(pckVisible(hands, [0.1]).perJoint["0.1"], [1, 1, Number.NaN, 0, 0]);
  const { fingers, joints, all } = measureAccuracy(KITE, hands);
  assert.equal(
    fingers.map(({ name, judged }) => [name, judged]),
    [
      ["nose", 1],
      ["wings", 2],
      ["body", 1],
    ],
  );
  assert.is(fingers[1].epe.mean, (0 + 15) / 2);
  assert.equal([joints.length, joints[4].name, all.judged], [5, "tail", 4]);
  const dataset = { skeleton: KITE, size: 1, pose: async () => kite } as Partial<Dataset> as Dataset;
  const mean = await meanPose(dataset);
  assert.equal(
    [...mean].map((v) => Math.round(v * 220)),
    [20, 30, 21, 30, 110, 110, 23, 30, 24, 30],
  );
  assert.equal(JSON.parse(predictionsJson([{ name: "a", points: found, confidence: null }])).a.joints.length, 5);
});

test.run();
