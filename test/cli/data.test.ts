import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FORMATS, formatOptions } from "../../train/prepare/formats/node";
import { nsrm } from "../helpers/cli";

const test = suite("prepare, synth and study on the command line");
const root = mkdtempSync(join(tmpdir(), "nsrm-data-"));
test.after(() => rmSync(root, { recursive: true }));

const WIDTHS = 'widths={"vgg":[2,2,3,3],"feat":3,"stage":2,"hid":3}';

test("synth writes a data set that trains", async () => {
  const folder = join(root, "hands");
  const made = await nsrm(["synth", folder, "--count", "5", "--size", "32", "--split", "60/20/20", "--json"]);
  assert.is(made.code, 0, made.stderr);
  const partitions = JSON.parse(readFileSync(join(folder, "partitions.json"), "utf8"));
  assert.equal([partitions.train.length, partitions.valid.length, partitions.test.length], [3, 1, 1]);

  const again = await nsrm(["synth", folder, "--count", "1"]);
  assert.is(again.code, 2);
  assert.match(again.stderr, /^nsrm: .*hands.*\n$/);

  const out = join(root, "run");
  const sets = ["--set", WIDTHS, "--set", "image_size=32", "--set", "batch_size=2", "--set", "samples=1"];
  const run = await nsrm(["train", "configs/LPM_G1.json", "--data", folder, ...sets, "--max-steps", "2", "--out", out]);
  assert.is(run.code, 0, run.stderr);
  assert.match(run.stdout.trimEnd().split("\n").at(-1)!, /^report: .*report\.html$/);
});

test("prepare's help has what each format says of itself, wherever it is asked for", async () => {
  const [help, other] = await Promise.all([nsrm(["prepare", "--help"]), nsrm(["help", "prepare"])]);
  assert.equal([help.code, help.stderr, help.stdout], [0, "", other.stdout]);
  const text = help.stdout.replaceAll(/\s+/g, " ");
  assert.ok(text.includes(` format ${FORMATS.slice(0, -1).join(", ")} or ${FORMATS.at(-1)} `), text);
  for (const { format, name, placeholder, says } of await formatOptions()) {
    assert.ok(text.includes(` --${name} <${placeholder}> ${format}: ${says} `), text);
  }
});

test("prepare refuses what it cannot read in one line", async () => {
  const source = join(root, "coco.json");
  writeFileSync(source, "{}");
  for (const args of [
    ["prepare", "coco", root, join(root, "a")],
    ["prepare", "nonsense", root, join(root, "b")],
    ["prepare", "cmu", join(root, "absent"), join(root, "c")],
    ["prepare", "coco", root, join(root, "d"), "--split", "80/30/10"],
  ]) {
    const { code, stderr } = await nsrm(args);
    assert.is(code, 2, stderr);
    assert.match(stderr, /^nsrm: [^\n]+\n$/, args.join(" "));
    assert.not(existsSync(args[3]));
  }
});

test("study compares experiments and repeats nothing that is done", async () => {
  const out = join(root, "study");
  const counts = ["count_train=4", "count_valid=2", "count_test=2"].flatMap((c) => ["--set", `synthetic.${c}`]);
  const sets = ["--set", WIDTHS, "--set", "image_size=32", "--set", "batch_size=2", "--set", "samples=0", ...counts];
  const args = ["study", "--steps", "2", "--seeds", "1", "--only", "CPM", "--only", "LPM-G1&6", ...sets, "--out", out];
  const first = await nsrm(args);
  assert.is(first.code, 0, first.stderr);
  const table = readFileSync(join(out, "study.md"), "utf8");
  assert.match(table, /^\| CPM \|.*\n\| LPM-G1&6 \|.*\n\| mean pose \|/m);
  const before = readFileSync(join(out, "CPM-seed0", "train.log"), "utf8");
  assert.is((await nsrm(args)).code, 0);
  assert.is(readFileSync(join(out, "CPM-seed0", "train.log"), "utf8"), before);
  const longer = await nsrm([...args, "--steps", "3"]);
  assert.match(longer.stderr, /^nsrm: .*CPM-seed0\/score\.json: its run had max_steps 2, this study has 3; .*\n$/);
  assert.is(longer.code, 2);
  assert.is((await nsrm(["study", "--only", "nothing"])).code, 2);
});

test.run();
