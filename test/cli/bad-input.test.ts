import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { expectWritable, statsOf } from "../../model/files/files";
import { type Case, nsrm, refuseAll } from "../helpers/cli";
import { tinyConfig, writeDataset } from "../helpers/tiny";

const test = suite("bad input to every verb");
const home = mkdtempSync(join(tmpdir(), "nsrm-bad-"));
const at = (...names: string[]) => join(home, ...names);
const [config, data, run, photo] = [at("tiny.json"), at("data"), at("run"), at("photo.jpg")];
const checkpoint = at("run", "last.safetensors");
test.after(() => rmSync(home, { recursive: true, force: true }));

test.before(async () => {
  await writeDataset(data, [2, 1, 1]);
  writeFileSync(config, JSON.stringify(tinyConfig({ samples: 0, max_steps: 1 })));
  await sharp({ create: { width: 40, height: 30, channels: 3, background: "#345" } })
    .jpeg()
    .toFile(photo);
  writeFileSync(at("empty"), "");
  writeFileSync(at("object.json"), "{}");
  writeFileSync(at("file"), "a file");
  mkdirSync(at("folder"));
  const { code, stderr } = await nsrm(["train", config, "--data", data, "--out", run]);
  assert.equal([code, stderr], [0, ""]);
});

/** Refuses all, and leaves not so much as an empty folder behind. */
async function refuseAndLeaveNothing(cases: Case[]): Promise<void> {
  const list = () => (readdirSync(home, { recursive: true }) as string[]).sort();
  const before = list();
  await refuseAll(cases);
  assert.equal(list(), before);
}

test("what is read: missing, of another kind, empty", () =>
  refuseAndLeaveNothing([
    ["report of a file", ["report", at("file")], /file: is a file, expected a run's folder/],
    ["infer in an empty file", ["infer", checkpoint, at("empty"), "--out", at("x")], /empty: the file is empty/],
    ["prepare below a file", ["prepare", "cmu", at("file", "x"), at("x")], /no such file or folder/],
  ]));

test("numbers: none, negative, out of bounds, huge", () =>
  refuseAndLeaveNothing([
    ["export --size", ["export", checkpoint, "--format", "onnx", "--size", "1000000000"], /a multiple of 8 up to 4096/],
    [
      "export --size, another notation",
      ["export", checkpoint, "--format", "onnx", "--size", "0x40"],
      /--size 0x40: exp/,
    ],
    ["bench --steps", ["bench", "step", "--steps", "99999999999999999999"], /--steps 9+: expected a whole number/],
    [
      "more hands than can be drawn",
      ["train", "quickstart", "--set", "synthetic.count_train=1e9", "--out", at("x")],
      /count_train=1e9: synthetic\.count_train: expected a number of training hands, 1 to 10000000, got 1000000000/,
    ],
    ["a key that every object has", ["train", config, "--set", "__proto__=1"], /unknown key "__proto__"/],
  ]));

test("what is written: the place is looked at before the work begins", () =>
  refuseAndLeaveNothing([
    [
      "eval",
      ["eval", checkpoint, "--data", data, "--predictions", at("none", "x")],
      /cannot write it: no such file or f/,
    ],
    ["bench", ["bench", "step", "--json", at("none", "x")], /none\/x: cannot write it: no such file or folder/],
    [
      "verify",
      ["verify", "test/golden/model.safetensors", "--dump", at("folder")],
      /folder: cannot write it: it is a f/,
    ],
    ["report", ["report", run, "--out", at("file", "x")], /x: cannot write it: a part of its path is not a folder/],
    [
      "synth, below a file",
      ["synth", at("file", "x"), "--count", "1"],
      /x: cannot write it: a part of its path is not/,
    ],
  ]));

test("what may not be read is told from what is not there", () => {
  assert.is(statsOf(at("none")), null);
  assert.is(statsOf(at("file", "x")), null);
  assert.ok(statsOf(at("file")));
  assert.throws(() => statsOf(at("x".repeat(300))), /cannot read it: the name is too long/);
});

test("a place is taken for what it will be at the end", async () => {
  const said = (path: string) =>
    expectWritable(path).then(
      () => "",
      (error) => error.message.replaceAll(`${home}/`, ""),
    );
  assert.is(await said(at("new")), "");
  assert.is(await said(at("file")), "");
  assert.is(await said(at("folder")), "folder: cannot write it: it is a folder");
  assert.is(await said("/dev/null"), "/dev/null: cannot write it: not a regular file");
  assert.is(readFileSync(at("file"), "utf8"), "a file");
  assert.not.ok(existsSync(at("new")));
});

test.run();
