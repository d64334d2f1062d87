import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { aPath, expectApart, somePaths } from "../../cli/paths";
import { readSafetensors } from "../../model/files/safetensors";
import { type Case, nsrm, refuseAll } from "../helpers/cli";
import { tinyConfig, writeDataset } from "../helpers/tiny";

const test = suite("paths on the command line");
const home = mkdtempSync(join(tmpdir(), "nsrm-paths-"));
const at = (...names: string[]) => join(home, ...names);
const [data, config, run, last] = [at("data"), at("tiny.json"), at("run"), at("run", "last.safetensors")];
test.after(() => rmSync(home, { recursive: true, force: true }));

/** All files below a folder with their contents, to see that nothing was touched. */
const contents = (folder: string) =>
  (readdirSync(folder, { recursive: true, withFileTypes: true }) as import("node:fs").Dirent[])
    .filter((entry) => entry.isFile())
    .map(({ parentPath, path, name }) => join(parentPath ?? path, name))
    .sort()
    .map((path) => [path, readFileSync(path, "base64")]);

test.before(async () => {
  await writeDataset(data, [2, 1, 1]);
  writeFileSync(config, JSON.stringify(tinyConfig({ samples: 0, max_steps: 1 })));
  // A path as people write them is recorded, and shown, without what leads nowhere.
  const scenic = `${home}/./run/../data//`;
  const { code, stdout, stderr } = await nsrm(["train", config, "--data", scenic, "--out", `${run}/`]);
  assert.equal([code, stderr], [0, ""]);
  assert.ok(stdout.includes(`report: ${run}/report.html`));
  assert.is(JSON.parse(readFileSync(at("run", "config.json"), "utf8")).data_root, data);
});

test("a path is tidied once, and never empty", () => {
  assert.equal(["a/./b/../c", "./a", "a//b/", "/", ".", "./"].map(aPath), ["a/c", "a", "a/b", "/", ".", "."]);
  assert.equal(somePaths("b/", somePaths("./a")), ["a", "b"]);
  assert.throws(() => aPath(""), /expected a path/);
});

test("a file that is read is recognised by any of its names", () => {
  writeFileSync(at("read"), "");
  mkdirSync(at("folder"));
  symlinkSync(at("read"), at("folder", "link"));
  symlinkSync(at("folder"), at("other"));
  for (const name of [
    at("read"),
    relative(".", at("read")),
    at("folder", "link"),
    at("other", "link"),
    `${home}/./read`,
  ]) {
    assert.throws(() => expectApart("--out", name, [at("none"), at("read")]), /would overwrite .*read, which is read/);
  }
  for (const name of [at("new"), at("none", "read"), at("folder")]) expectApart("--out", name, [at("read")]);
});

test("nothing that is read is overwritten, whatever the verb", async () => {
  symlinkSync(last, at("alias.safetensors"));
  copyFileSync("test/golden/adam.safetensors", at("fixture.safetensors"));
  const predictions = at("run", "test_predictions.json");
  copyFileSync(config, at("config.json"));
  cpSync(at("data", "imgs", "0000.jpg"), at("photo.jpg"));
  const before = contents(home);
  const scenic = (path: string) => `${home}/./folder/../${relative(home, path)}`;
  const cases: Case[] = [
    [
      "export",
      ["export", last, "--format", "safetensors", "--out", at("alias.safetensors")],
      /--out .* would overwrite/,
    ],
    ["import", ["import", at("fixture.safetensors"), scenic(at("fixture.safetensors"))], /output .* would overwrite/],
    [
      "verify",
      ["verify", at("fixture.safetensors"), "--dump", scenic(at("fixture.safetensors"))],
      /--dump .* would overw/,
    ],
    [
      "eval",
      ["eval", predictions, "--data", data, "--predictions", scenic(predictions)],
      /--predictions .* would overw/,
    ],
    [
      "eval, labels",
      ["eval", last, "--data", data, "--predictions", at("data", "labels.json")],
      /would overwrite .*labels/,
    ],
    ["masks", ["masks", "--data", data, "--out", scenic(at("data", "imgs", "0000.jpg"))], /--out .* would overwrite/],
    ["report", ["report", run, "--out", at("run", "metrics.jsonl")], /--out .* would overwrite .*metrics\.jsonl/],
    ["infer", ["infer", last, at("data", "imgs"), "--out", scenic(at("data", "imgs"))], /is the folder of the images/],
    [
      "train",
      ["train", at("config.json"), "--data", data, "--out", home],
      /--out: the run's .*config\.json: would overwr/,
    ],
    [
      "an empty output",
      ["train", config, "--data", data, "--out", ""],
      /option '--out <dir>' argument '' is invalid.*expected a path/,
    ],
    [
      "a name that leads out",
      ["train", config, "--data", data, "--set", "name=../../evil"],
      /--set name=.*: name: expected a folder's/,
    ],
  ];
  await refuseAll(cases);
  assert.equal(contents(home), before);
  assert.not.ok(existsSync("../evil"));
  assert.ok(readSafetensors(last).names.length > 0);
});

test.run();
