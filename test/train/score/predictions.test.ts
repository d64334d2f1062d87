import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { UserError } from "../../../engine/errors/errors";
import { HAND } from "../../../masks/hand";
import { pointsOf } from "../../../train/pose/pose";
import type { Prediction } from "../../../train/score/judgement";
import { judgePredictions, predictionsJson } from "../../../train/score/predictions";
import { openFolder } from "../../../train/source/folder";

const test = suite("predictions");
const temporary = mkdtempSync(join(tmpdir(), "nsrm-predictions-"));
test.after(() => rmSync(temporary, { recursive: true }));

/** The original's predictions and PCK for eight made-up images. */
const golden: {
  names: string[];
  wh: [number, number][];
  gt: Record<string, number[][]>;
  preds: Record<string, { pred_label: number[][]; resol: number }>;
  sigmas: number[];
  pck: Record<string, number>;
} = JSON.parse(readFileSync("test/golden/pck.json", "utf8"));
const meanPose = new Float64Array(42).fill(0.5);

/** The golden images (black, of their sizes) and labels as a dataset folder. */
async function goldenDataset() {
  const root = join(temporary, "golden");
  mkdirSync(join(root, "imgs"), { recursive: true });
  for (const [i, name] of golden.names.entries()) {
    const [width, height] = golden.wh[i];
    const image = sharp({ create: { width, height, channels: 3, background: "black" } });
    await image.jpeg().toFile(join(root, "imgs", name));
  }
  writeFileSync(join(root, "labels.json"), JSON.stringify(golden.gt));
  const { names } = golden;
  writeFileSync(
    join(root, "partitions.json"),
    JSON.stringify({ train: [names[0]], valid: names.slice(0, 2), test: names }),
  );
  return openFolder({ root, skeleton: HAND, imageSize: 8 }).splits;
}
const splits = goldenDataset();

let files = 0;
/** What a file's content is judged to be worth. */
async function judged(content: unknown, split: "test" | "valid" = "test", skipBad = false) {
  const path = join(temporary, `${files++}.json`);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  const dataset = (await splits).get(split)!;
  return judgePredictions({ path, dataset, meanPose, thresholds: golden.sigmas, skipBad });
}
async function refusal(content: unknown): Promise<string> {
  try {
    await judged(content);
  } catch (error) {
    assert.instance(error, UserError);
    return (error as UserError).message.replace(/.*\/\d+\.json/, "FILE");
  }
  throw new Error("expected a UserError");
}

test("the original's own file: its PCK, to the last bit", async () => {
  const { scores, accuracy, images } = await judged(golden.preds);
  assert.equal(scores.original.pck, golden.pck);
  assert.is(images, 8);
  assert.is(accuracy.all.judged, 8 * 21);
  for (const [i, t] of accuracy.thresholds.entries()) {
    if (golden.pck[t] !== undefined) assert.is(accuracy.original.pck[i], golden.pck[t], `threshold ${t}`);
  }
});

test("our own file: written and read back, joints without a prediction among them", async () => {
  const predictions = golden.names.map((name, n) => ({
    name,
    points: pointsOf(golden.preds[name].pred_label.map((point, j) => (n === 2 && j === 4 ? null : point))),
    confidence: Array.from({ length: 21 }, (_, j) => j / 21),
  }));
  const read = await judged(predictionsJson(predictions));
  const listed = (all: readonly Prediction[]) => all.map((hand) => ({ ...hand, points: [...hand.points] }));
  assert.equal(listed(read.predictions), listed(predictions));
  assert.is(read.scores.undecodable, 1);
});

test("a file may say more than the split asks for, not less", async () => {
  assert.is((await judged(golden.preds, "valid")).images, 2);
  const { "00000005.jpg": _, ...rest } = golden.preds;
  assert.is(await refusal(rest), "FILE: 00000005.jpg: no prediction for this image of the split");
  const some = await judged(rest, "test", true);
  assert.equal([some.images, some.skipped], [7, 1]);
});

test("bad files, one line each", async () => {
  const first = golden.names[0];
  const entry = (value: unknown) => refusal({ ...golden.preds, [first]: value });
  const points = `FILE: ${first}: expected "joints" (or the original's "pred_label"): 21 points [x, y]`;
  assert.is(await refusal("[]"), "FILE: expected a JSON object of predictions by image name");
  assert.is(await refusal('{"a": 1'), "FILE:1:8: not valid JSON: it ends too early");
  assert.is(await entry(null), points);
  assert.is(await entry(7), points);
  assert.is(await entry({ joints: [[1, 2]] }), points);
  assert.is(await entry({ joints: Array(21).fill([1, "2"]) }), points);
  assert.is(
    await entry({ ...golden.preds[first], resol: 368 }),
    `FILE: ${first}: made for an image 368 pixels wide; the dataset's has 236`,
  );
});

test.run();
