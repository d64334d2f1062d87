import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { withWayOn } from "../../cli/train";
import { GpuError } from "../../engine/errors/errors";
import { lockFolder } from "../../train/files/lock";
import { nsrm, refuseAll, refused } from "../helpers/cli";
import { tinyConfig, writeDataset } from "../helpers/tiny";

const test = suite("nsrm train, eval, verify");
const home = mkdtempSync(join(tmpdir(), "nsrm-"));
const at = (...names: string[]) => join(home, ...names);
const [data, config, out] = [at("data"), at("tiny.json"), at("run")];

test.before(async () => {
  await writeDataset(data, [4, 3, 3]);
  writeFileSync(config, JSON.stringify(tinyConfig()));
});
test.after(() => rmSync(home, { recursive: true, force: true }));

let run: { valid: Pck; test: Pck };
interface Pck {
  loss: number;
  original: { pck: Record<string, number> };
}

test("a run from start to end, and eval prints the PCK that the run did", async () => {
  const trained = await nsrm(["train", config, "--data", data, "--out", out, "--max-steps", "3", "--json"]);
  assert.equal([trained.code, trained.stderr], [0, ""]);
  run = JSON.parse(trained.stdout);
  const evaluate = (name: string, split: string) =>
    nsrm(["eval", join(out, `${name}.safetensors`), "--data", data, "--split", split, "--json"]);
  const [onTest, onValid] = await Promise.all([evaluate("best", "test"), evaluate("last", "valid")]);
  for (const [ended, want] of [
    [onTest, run.test],
    [onValid, run.valid],
  ] as const) {
    assert.equal([ended.code, ended.stderr], [0, ""]);
    const got = JSON.parse(ended.stdout);
    assert.equal([got.loss, got.scores.original.pck], [want.loss, want.original.pck]);
  }
});

test("data that have changed since: eval says so, train goes on where that is asked for", async () => {
  const [changed, begun] = [at("changed"), at("begun")];
  cpSync(data, changed, { recursive: true });
  const line = (...more: string[]) => ["train", config, "--data", changed, "--out", begun, ...more];
  assert.is((await nsrm(line("--max-steps", "1"))).code, 0);
  const partitions = JSON.parse(readFileSync(join(changed, "partitions.json"), "utf8"));
  partitions.train.pop();
  writeFileSync(join(changed, "partitions.json"), JSON.stringify(partitions));
  const last = join(begun, "last.safetensors");
  const [evaluated, elsewhere, refusedRun] = await Promise.all([
    nsrm(["eval", last]),
    nsrm(["eval", last, "--data", changed]),
    nsrm(line("--resume", "--max-steps", "2")),
  ]);
  assert.equal([evaluated.code, elsewhere.code, elsewhere.stderr], [0, 0, ""]);
  assert.is(
    evaluated.stderr,
    `nsrm: ${changed} has changed since ${last} was trained: train: 4 images before, 3 now\n`,
  );
  refused(
    refusedRun,
    /trained on other data than there are now \(train: 4 images before, 3 now\); go on with --other-data/,
  );
  const went = await nsrm(line("--resume", "--max-steps", "2", "--other-data"));
  assert.equal([went.code, went.stderr], [0, ""]);
});

test("verify: exit code 0 within tolerance, 1 not", async () => {
  const good = "test/golden/model.safetensors";
  const bad = at("bad.safetensors");
  copyFileSync(good, bad);
  const bytes = readFileSync(bad);
  const headerBytes = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString("utf8", 8, 8 + headerBytes));
  const offset = 8 + headerBytes + header["out.stage6"].data_offsets[0];
  bytes.writeFloatLE(bytes.readFloatLE(offset) + 0.01, offset);
  writeFileSync(bad, bytes);
  const [passed, failed] = await Promise.all([nsrm(["verify", good]), nsrm(["verify", bad, "--json"])]);
  assert.equal([passed.code, passed.stderr], [0, ""]);
  assert.match(passed.stdout, /: all \d+ checks ok\n$/);
  assert.equal([failed.code, failed.stderr, JSON.parse(failed.stdout).ok], [1, "", false]);
});

test("doctor: what there is, what was taken, and that it computes", async () => {
  const { code, stdout, stderr } = await nsrm(["doctor", "--json"]);
  assert.equal([code, stderr], [0, ""]);
  const report = JSON.parse(stdout);
  assert.ok(report.found.some(({ name }: { name: string }) => name === report.taken.name));
  assert.ok(report.convolution.ok && report.limits.maxBufferSize > 0);
});

test("the version is the package's", async () => {
  const { version } = JSON.parse(readFileSync("package.json", "utf8"));
  assert.equal(await nsrm(["--version"]), { code: 0, stdout: `${version}\n`, stderr: "" });
});

test("--skip-bad goes on without a torn image, and counts it", async () => {
  cpSync(data, at("torn"), { recursive: true });
  const image = at("torn", "imgs", "0001.jpg");
  truncateSync(image, readFileSync(image).length >> 1);
  const args = ["train", config, "--data", at("torn"), "--out", at("skipped"), "--max-steps", "2"];
  const [strict, lenient] = await Promise.all([
    nsrm([...args.slice(0, 5), at("strict"), ...args.slice(6)]),
    nsrm([...args, "--skip-bad", "--json"]),
  ]);
  refused(strict, /torn\/imgs\/0001\.jpg: cannot be decoded/);
  assert.is(lenient.code, 0);
  assert.match(lenient.stderr, /^warning: 1 bad training images left out so far: .*0001\.jpg/);
  assert.is(JSON.parse(lenient.stdout).skipped, 1);
});

/** A folder that no run gets as far as to fill; each its own, since several run at once. */
const never = () => at("never", String(nevers++));
let nevers = 0;
const trains = (...args: string[]) => ["train", config, "--data", data, "--out", never(), ...args];

test("bad arguments and experiments", () =>
  refuseAll([
    ["unknown verb", ["trian"], /unknown command 'trian' \(Did you mean train\?\) \(see --help\)/],
    ["unknown option", trains("--dat", "x"), /unknown option '--dat' \(Did you mean --data\?\) \(see --help\)/],
    ["missing argument", ["train"], /missing required argument 'config'/],
    ["no number", trains("--max-steps", "-3"), /--max-steps -3: expected a whole number/],
    ["too small", trains("--max-steps", "0"), /max_steps: expected a positive integer, or null, got 0/],
    ["missing experiment", ["train", at("none.json")], /none\.json: no such file/],
    ["misspelt experiment", ["train", "quikstart"], /not one of our experiments: CPM, LDM_G1, .*, quickstart, study$/m],
    ["broken experiment", ["train", join(data, "imgs", "0000.jpg")], /0000\.jpg:1:1: not valid JSON/],
    ["unknown key", trains("--set", "lerning_rate=1"), /unknown key "lerning_rate" \(did you mean "learning_rate"\?\)/],
    ["swapped letters", trains("--set", "widht=1"), /unknown key "widht" \(did you mean "width"\?\)/],
    ["wrong type", trains("--set", "batch_size=many"), /batch_size: expected a positive integer, got "many"/],
    ["image size", trains("--set", "image_size=60"), /image_size: expected a positive multiple of 8, got 60/],
    ["no value", trains("--set", "epochs"), /--set epochs: expected key=value/],
    ["unknown split", ["eval", join(out, "best.safetensors"), "--split", "all"], /--split all: expected train, valid/],
    ["missing checkpoint", ["eval", at("none.safetensors")], /none\.safetensors: cannot read it: no such file/],
    ["foreign checkpoint", ["eval", "test/golden/adam.safetensors"], /not a checkpoint of this program/],
    ["missing fixture", ["verify", at("none")], /none: cannot read it: no such file/],
    [
      "map size",
      ["masks", "--data", data, "--out", at("x.png"), "--size", "100"],
      /--size 100: expected a multiple of 8/,
    ],
    [
      "map size out of bounds",
      ["masks", "--data", data, "--out", at("x.png"), "--size", "100000"],
      /--size 100000: expected a whole number from 8 to 4096/,
    ],
    [
      "too large a network",
      trains("--set", "widths={}", "--set", "width=16"),
      /width 16: the network has [\d,]+ parameters, .*do$/m,
    ],
    ["no adapter", trains(), /no WebGPU adapter matches 'nonsense'/, { NSRM_ADAPTER: "nonsense" }],
  ]).then(() => assert.equal(existsSync(at("never")) ? readdirSync(at("never")) : [], [])));

test("what a failing GPU leaves to go on from is offered, and nothing else", () => {
  const lost = new GpuError("the GPU device was lost");
  assert.is(withWayOn(lost, never()), lost);
  assert.is((withWayOn(lost, out) as Error).message, `${lost.message} (--resume goes on from the last checkpoint)`);
  const other = new Error("other");
  assert.is(withWayOn(other, out), other);
});

test("bad data", async () => {
  const folder = (
    name: string,
    change: (labels: Record<string, unknown[]>, partitions: Record<string, string[]>) => void,
  ) => {
    const path = at(name);
    cpSync(data, path, { recursive: true });
    const read = (file: string) => JSON.parse(readFileSync(join(path, file), "utf8"));
    const [labels, partitions] = [read("labels.json"), read("partitions.json")];
    change(labels, partitions);
    // Python writes NaN bare.
    writeFileSync(join(path, "labels.json"), JSON.stringify(labels).replaceAll('"NaN"', "NaN"));
    writeFileSync(join(path, "partitions.json"), JSON.stringify(partitions));
    return ["train", config, "--data", path, "--out", never()];
  };
  await refuseAll([
    ["missing folder", ["train", config, "--data", at("nowhere"), "--out", never()], /nowhere: no such folder/],
    ["no folder given", ["train", config, "--out", never()], /tiny: no data: give a folder by --data DIR/],
    [
      "absent image",
      folder("absent", (_, p) => p.valid.push("ghost.jpg")),
      /ghost\.jpg: no such image \(named in .*valid\)/,
    ],
    ["joint count", folder("count", (l) => l["0002.jpg"].pop()), /0002\.jpg: expected 21 joints, got 20/],
    ["NaN label", folder("nan", (l) => (l["0001.jpg"][3] = [5, "NaN"])), /0001\.jpg: joint 3: expected \[x, y\].*NaN/],
    [
      "unknown image",
      ["masks", "--data", data, "--image", "ghost", "--out", at("x.png")],
      /--image ghost: no image of that/,
    ],
  ]);
});

test("bad places to write to, and what is there already", async () => {
  const lock = await lockFolder(at("busy"));
  cpSync(out, at("torn-run"), { recursive: true });
  const torn = at("torn-run", "last.safetensors");
  truncateSync(torn, readFileSync(torn).length - 9);
  rmSync(at("torn-run", "previous.safetensors"));
  const to = (folder: string, ...args: string[]) => [
    "train",
    config,
    "--data",
    data,
    "--out",
    folder,
    "--max-steps",
    "3",
    ...args,
  ];
  await refuseAll([
    ["holds a run", to(out), /run already holds a run; go on with --resume/],
    ["another experiment", to(out, "--resume", "--seed", "7"), /it was trained with seed 0, this run asks for 7/],
    ["two runs in one", to(at("busy")), /busy: in use by the run that has been writing it since .* \(process \d+ on/],
    ["a file", to(config), /tiny\.json: cannot create it: it exists already/],
    ["below a file", to(join(config, "x")), /cannot create it: a part of its path is not a folder/],
    ["torn checkpoint", to(at("torn-run"), "--resume"), /last\.safetensors: .*cut short/],
    ["no fixture", ["verify", join(out, "best.safetensors")], /best\.safetensors: not a fixture/],
    [
      "unwritable dump",
      ["verify", "test/golden/model.safetensors", "--dump", at("none", "x")],
      /cannot write it: no such file/,
    ],
  ]);
  await lock.release();
});

test.run();
