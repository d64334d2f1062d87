import { suite } from "uvu";
import * as assert from "uvu/assert";
import { UserError } from "../../../engine/errors/errors";
import { decodeHeatmaps } from "../../../train/decode/decode";
import { DECODERS, type DecoderName, decoders, parseDecoders } from "../../../train/decode/decoders";
import { listPoints } from "../../../train/pose/pose";
import { makeTargets } from "../../../train/step/feed";
import { SyntheticDataset } from "../../../train/synthetic/dataset";
import { testGpu } from "../../helpers/gpu";
import { numbers, tinyConfig } from "../../helpers/tiny";

const test = suite("decoders");

/** A map of 20 rows and 24 columns over an image of 240 x 160 pixels: a cell is 10 wide and 8 high. */
const facts = { rows: 20, columns: 24, width: 240, height: 160, sigma: 1 };

function draw(value: (x: number, y: number) => number): Float32Array {
  return Float32Array.from({ length: facts.rows * facts.columns }, (_, i) =>
    value(i % facts.columns, Math.floor(i / facts.columns)),
  );
}
const gaussian = (cx: number, cy: number, sigma = 1) =>
  draw((x, y) => Math.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * sigma * sigma)));
/** The one joint in cells. */
function decodeCell(name: DecoderName, map: Float32Array, sigma = 1): [number, number] {
  const [x, y] = decoders[name](map, { ...facts, sigma }).points;
  return [x / 10, y / 8];
}
const distance = ([x, y]: [number, number], cx: number, cy: number) => Math.hypot(x - cx, y - cy);

/** Centres all over the map, at least `margin` cells from its edge. */
const centres = (margin: number) =>
  Array.from({ length: 60 }, (_, i) => {
    const [u, v] = numbers(2, i + 1);
    return [margin + u * (23 - 2 * margin), margin + v * (19 - 2 * margin)] as const;
  });
const meanError = (name: DecoderName, map: (cx: number, cy: number) => Float32Array, margin = 4, sigma = 1) =>
  centres(margin).reduce((sum, [cx, cy]) => sum + distance(decodeCell(name, map(cx, cy), sigma), cx, cy), 0) / 60;

test("argmax is the original's decoder", () => {
  const maps = numbers(3 * 480, 5);
  assert.equal(decoders.argmax(maps, facts), decodeHeatmaps(maps, 20, 24, 240, 160));
});

test("a Gaussian's centre is found: exactly by the Taylor expansion, better than a cell by the quarter", () => {
  for (const [cx, cy] of centres(4)) {
    const found = decodeCell("taylor", gaussian(cx, cy));
    assert.ok(distance(found, cx, cy) < 1e-3, `(${cx}, ${cy}) found at (${found})`);
  }
  assert.ok(meanError("taylor", (x, y) => gaussian(x, y, 2), 7, 2) < 1e-2);
  const [argmax, quarter] = [meanError("argmax", gaussian), meanError("quarter", gaussian)];
  assert.ok(quarter < 0.6 * argmax && quarter > 0.05, `${quarter}, ${argmax}`);
});

test("all that is left of the truth under noise: Taylor before quarter before argmax", () => {
  const noisy = (cx: number, cy: number) => {
    const noise = numbers(480, Math.round(1000 * cx), -0.06, 0.06);
    return gaussian(cx, cy).map((v, i) => v + noise[i]);
  };
  const [argmax, quarter, taylor] = DECODERS.map((name) => meanError(name, noisy));
  assert.ok(taylor < 0.7 * quarter && quarter < 0.7 * argmax, `${argmax}, ${quarter}, ${taylor}`);
});

test("the true maps of synthetic test hands, with noise: Taylor before quarter before argmax", async () => {
  const gpu = await testGpu();
  const config = tinyConfig({ image_size: 96 });
  const hands = new SyntheticDataset(gpu, { seed: 0, splitName: "test", size: 32, imageSize: 96 });
  const errors = [0, 0, 0];
  for (let n = 0; n < hands.size; n++) {
    const { points } = await hands.pose(n);
    const labels = points.map((px) => px / 8);
    const maps = await gpu.scopeAsync(() => makeTargets(gpu, config, labels).heat.data());
    const noise = numbers(maps.length, n, -0.1, 0.1);
    const noisy = maps.map((v, i) => v + noise[i]);
    for (const [d, name] of DECODERS.entries()) {
      const found = decoders[name](noisy, { rows: 12, columns: 12, width: 96, height: 96, sigma: config.sigma });
      for (const [j, [x, y]] of listPoints(found.points).entries()) {
        errors[d] += Math.hypot(x - points[2 * j], y - points[2 * j + 1]) / (21 * hands.size);
      }
    }
  }
  const [argmax, quarter, taylor] = errors;
  assert.ok(taylor < 0.7 * quarter && quarter < 0.7 * argmax, `${argmax}, ${quarter}, ${taylor} pixels`);
});

test("a joint near the edge is found as well; on the edge it stays", () => {
  for (const [cx, cy] of centres(1)) {
    const found = decodeCell("taylor", gaussian(cx, cy));
    assert.ok(distance(found, cx, cy) < 0.1, `(${cx}, ${cy}) found at (${found})`);
  }
  for (const name of ["quarter", "taylor"] as const) {
    assert.equal(decodeCell(name, gaussian(0, 0)), [0, 0]);
    assert.equal(decodeCell(name, gaussian(-3, -3)), [0, 0]);
    assert.equal(decodeCell(name, gaussian(23, 19)), [23, 19]);
  }
  // The quarter's other axis is free to move.
  assert.equal(decodeCell("quarter", gaussian(0, 7.3)), [0, 7.25]);
  assert.equal(decodeCell("quarter", gaussian(11.6, 19)), [11.75, 19]);
});

test("a map without a peak leaves the maximum where it is", () => {
  const flat = draw(() => 0.25);
  const negative = draw((x, y) => (x === 5 && y === 6 ? -1 : -2));
  const infinite = draw((x, y) => (x === 5 && y === 6 ? Number.POSITIVE_INFINITY : 0));
  assert.equal(decodeCell("taylor", flat), [0, 0]);
  assert.equal(decodeCell("taylor", negative), [5, 6]);
  assert.equal(decodeCell("taylor", infinite), [5, 6]);
  assert.equal(
    decodeCell(
      "taylor",
      draw((x) => Math.exp(x - 12)),
    ),
    [23, 0],
  );
  // A spike in a valley, wide in x, in y, or in both: the extremum close by is a saddle or a minimum.
  const valley = (xx: number, yy: number) =>
    draw((x, y) => Math.min(2, Math.exp((xx * (x - 11.4) ** 2 + yy * (y - 9.4) ** 2) / 40)) + spike(x, y));
  const spike = (x: number, y: number) => (x === 11 && y === 9 ? 1.2 : 0);
  assert.equal(decodeCell("taylor", valley(1, 0), 2), [11, 9]);
  assert.equal(decodeCell("taylor", valley(0, 1), 2), [11, 9]);
  assert.equal(decodeCell("taylor", valley(1, 1), 2), [11, 9]);
  // A maximum that is one cell's noise: smoothed, the surroundings slope towards a peak too far away to be its own.
  const outlier = gaussian(15, 10, 6).map((v, i) => (i === 10 * 24 + 9 ? 1.01 : v));
  assert.equal(decodeCell("taylor", outlier), [9, 10]);
});

test("several maps, their maxima as confidence, NaN where a map holds one", () => {
  const maps = new Float32Array(3 * 480);
  maps.set(gaussian(4, 5), 0);
  maps.set(
    gaussian(9, 8).map((v) => v / 2),
    480,
  );
  maps.set(gaussian(9, 8), 960);
  maps[960 + 3] = Number.NaN;
  for (const name of DECODERS) {
    const { points, confidence } = decoders[name](maps, facts);
    const joints = listPoints(points);
    assert.equal(confidence, [1, 0.5, Number.NaN]);
    assert.equal(joints[2], [Number.NaN, Number.NaN]);
    assert.ok(distance([joints[0][0] / 10, joints[0][1] / 8], 4, 5) < 1e-3, name);
    assert.ok(distance([joints[1][0] / 10, joints[1][1] / 8], 9, 8) < 1e-3, name);
  }
});

test("lists of decoders", () => {
  assert.equal(parseDecoders("all"), ["argmax", "quarter", "taylor"]);
  assert.equal(parseDecoders("taylor,argmax"), ["taylor", "argmax"]);
  for (const bad of ["", "dark", "argmax,", "toString"]) {
    assert.throws(
      () => parseDecoders(bad),
      (e: unknown) => e instanceof UserError && /expected argmax, quarter, taylor or all/.test(e.message),
    );
  }
});

test.run();
