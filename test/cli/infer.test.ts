import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import sharp from "sharp";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { initialise } from "../../engine/core/init";
import { Network } from "../../model/network/network";
import type { Config } from "../../train/config/resolve";
import { stream } from "../../train/data/rng";
import { saveCheckpoint } from "../../train/files/checkpoint";
import { tuningPath } from "../../train/files/tuning-file";
import { networkSpecOf } from "../../train/step/setup";
import { testGpu } from "../helpers/gpu";
import { tinyConfig, writeDataset } from "../helpers/tiny";

const test = suite("nsrm infer and eval");
const temporary = mkdtempSync(join(tmpdir(), "nsrm-infer-cli-"));
test.after(() => rmSync(temporary, { recursive: true }));
const at = (name: string) => join(temporary, name);

async function writeCheckpoint(path: string, config: Config): Promise<void> {
  const network = new Network(await testGpu(), networkSpecOf(config));
  initialise(network.parameters, "he", stream(4, "init"));
  const { specs, values } = network.parameters;
  const weights = await network.parameters.readArena(values);
  network.dispose();
  const parameters = new Map(
    specs.map(({ name, shape }) => [name, { shape, value: weights.get(name)!, moments: null }]),
  );
  const progress = { epoch: 1, step: 0, batchInEpoch: 0, bestScore: null, validationDue: false, seed: 0, rng: null };
  await saveCheckpoint(path, { adapter: "", ...progress, config, parameters });
}

test.before(async () => {
  await writeCheckpoint(at("nsrm.safetensors"), tinyConfig());
  await writeCheckpoint(at("cpm.safetensors"), tinyConfig({ model: "CPM", dataset: "CMUHandDataset" }));
  await writeDataset(at("data"), [2, 1, 3]);
  await sharp({ create: { width: 60, height: 30, channels: 3, background: "tan" } }).toFile(at("photo.png"));
  mkdirSync(at("none"));
  writeFileSync(at("drawing.jpg"), '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
});

function nsrm(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["bin/nsrm.mjs", ...args], { encoding: "utf8" });
  // Dawn's own remarks on some adapters' limits are not ours.
  const said = stderr.replaceAll(/^Warning: max.*\n/gm, "").replaceAll(`${temporary}/`, "");
  return { status, stdout: stdout.replaceAll(`${temporary}/`, ""), said };
}

test("a photo: joints and overlay in a folder of results", () => {
  const { status, stdout, said } = nsrm(
    "infer",
    at("nsrm.safetensors"),
    at("photo.png"),
    "--out",
    at("out"),
    "--masks",
  );
  assert.equal([status, said], [0, ""]);
  assert.match(stdout, /^photo\.png: 60 x 30, looked at 60 x 60 from \(0, -15\), confidence .*\nout: keypoints\.json/);
  assert.equal(readdirSync(at("out")).sort(), ["keypoints.json", "photo_joints.png", "photo_masks.png"]);
  const { "photo.png": hand } = JSON.parse(readFileSync(at("out/keypoints.json"), "utf8"));
  assert.equal([hand.width, hand.height, hand.joints.length, hand.confidence.length], [60, 30, 21, 21]);
});

test("a folder as JSON: nothing is written, and eval takes it as predictions", () => {
  const before = readdirSync(".");
  const { status, stdout } = nsrm("infer", at("nsrm.safetensors"), at("data/imgs"), "--json", "--decoder", "argmax");
  assert.is(status, 0);
  assert.equal(readdirSync("."), before);
  writeFileSync(at("hands.json"), stdout);
  assert.equal(Object.keys(JSON.parse(stdout)), [
    "0000.jpg",
    "0001.jpg",
    "0002.jpg",
    "0003.jpg",
    "0004.jpg",
    "0005.jpg",
  ]);

  const judged = nsrm("eval", at("hands.json"), "--data", at("data"), "--json");
  const evaluated = nsrm(
    "eval",
    at("nsrm.safetensors"),
    "--data",
    at("data"),
    "--json",
    "--predictions",
    at("own.json"),
  );
  assert.equal([judged.status, evaluated.status], [0, 0]);
  const [a, b] = [judged, evaluated].map((r) => JSON.parse(r.stdout));
  assert.equal(a.scores, b.scores);
  assert.equal(a.accuracy, b.accuracy);
  const { joints } = JSON.parse(readFileSync(at("own.json"), "utf8"))["0004.jpg"];
  assert.equal(joints, JSON.parse(stdout)["0004.jpg"].joints);
});

test("eval compares decoders in one table", () => {
  const { status, stdout } = nsrm("eval", at("nsrm.safetensors"), "--data", at("data"), "--decoders", "all", "--flip");
  assert.is(status, 0);
  assert.match(stdout, /^test: 3 images, decoder argmax, flip\n/);
  assert.match(stdout, /\nPCK curve at +0\.02 .*\narea|\nall joints +\d/);
  assert.match(stdout, /\ndecoder +EPE px.*\nargmax +\d.*\nquarter +\d.*\ntaylor +\d.*\n$/);
});

test("the adapter's tuning table is read: one that cannot be used is said", async () => {
  const before = process.env.NSRM_TUNING;
  process.env.NSRM_TUNING = at("cache");
  try {
    const path = tuningPath(await testGpu());
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, "{}");
    const instead = "the heuristic's kernels run instead, run nsrm tune again for a new table";
    const expected = `nsrm: ${path.replace(`${temporary}/`, "")}: not a tuning table; ${instead}\n`;
    for (const verb of [
      ["infer", at("nsrm.safetensors"), at("photo.png"), "--json"],
      ["eval", at("nsrm.safetensors"), "--data", at("data"), "--json"],
      ["verify", "test/golden/model.safetensors", "--json"],
    ]) {
      const { status, stdout, said } = nsrm(...verb);
      assert.equal([status, said], [0, expected], verb[0]);
      JSON.parse(stdout);
    }
  } finally {
    if (before === undefined) delete process.env.NSRM_TUNING;
    else process.env.NSRM_TUNING = before;
  }
});

test("what cannot be done is said in one line, exit code 2", () => {
  const photo = at("photo.png");
  const checkpoint = at("nsrm.safetensors");
  const infer = (...args: string[]) => nsrm("infer", ...args);
  for (const [result, line] of [
    [infer(checkpoint, at("absent.jpg")), "absent.jpg: no such image or folder"],
    [infer(checkpoint, at("none")), "none: no image in this folder (.jpg, .jpeg, .png or .webp)"],
    [infer(checkpoint, photo, "--bbox", "1,2,3"), "--bbox 1,2,3: expected x,y,w,h in pixels, w and h above 0"],
    [
      infer(checkpoint, photo, "--bbox", "-9,0,9,9", "--json"),
      "--bbox -9,0,9,9: lies outside of photo.png, which is 60 x 30 pixels",
    ],
    [infer(checkpoint, at("drawing.jpg"), "--json"), "drawing.jpg: not a JPEG, PNG, WebP, TIFF or GIF image"],
    [infer(at("hands.json"), photo), null],
    [infer(at("data"), photo), "data: cannot read it: not a regular file"],
    [infer(at("cpm.safetensors"), photo, "--masks"), "--masks: cpm.safetensors is a CPM, which predicts no limb masks"],
    [infer(checkpoint, photo, "--json", "--masks"), "--heatmaps and --masks write pictures: say where by --out DIR"],
    [
      infer(checkpoint, at("data/imgs"), "--out", at("data/imgs")),
      "--out data/imgs: is the folder of the images; choose another",
    ],
    [infer(checkpoint, photo, "--out", at("hands.json")), null],
    [infer(checkpoint, photo, "--fps", "0"), "--fps 0: expected a number above 0"],
    [infer(checkpoint, photo, "--decoder", "all"), "--decoder all: expected one of them"],
    [nsrm("eval", at("hands.json")), "hands.json: predictions are evaluated on a dataset folder: give --data DIR"],
    [
      nsrm("eval", at("hands.json"), "--data", at("data"), "--flip"),
      "--flip: hands.json holds joints, not maps; evaluate the checkpoint instead",
    ],
  ] as const) {
    assert.is(result.status, 2, result.said);
    if (line === null) assert.match(result.said, /^nsrm: hands\.json: .*\n$/);
    else assert.is(result.said, `nsrm: ${line}\n`);
    assert.is(result.stdout, "");
  }
  assert.not.ok(existsSync("inferred"));
});

test.run();
