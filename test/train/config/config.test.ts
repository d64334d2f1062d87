import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { UserError } from "../../../engine/errors/errors";
import { loadConfig } from "../../../train/config/load";
import { onFolder, resolveConfig } from "../../../train/config/resolve";
import { EXPERIMENTS, experimentOf } from "../../../train/run/study";

const test = suite("config");
const folder = mkdtempSync(join(tmpdir(), "nsrm-config-"));
test.after(() => rmSync(folder, { recursive: true }));

function file(text: string, name = "x.json"): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** The one line a user gets to read. */
function refusal(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    assert.instance(error, UserError);
    const { message } = error as UserError;
    assert.not.match(message, /\n/);
    return message.replaceAll(`${folder}/`, "");
  }
  throw new Error("expected a UserError");
}

const load = (settings: object, ...sets: string[]) => loadConfig(file(JSON.stringify(settings)), sets);
const base = { dataset: "HandDataset_LPM" };

test("the original's four configurations give the original's values", () => {
  const expected: Record<string, [mask: string, limbc: number, group: string, weight: number, g61: number]> = {
    LDM_G1: ["LDM", 1, "G1", 1, 0],
    LDM_G1_6: ["LDM", 7, "G6", 0.2, 0.2],
    LPM_G1: ["LPM", 1, "G1", 0.5, 0],
    LPM_G1_6: ["LPM", 7, "G6", 0.1, 0.2],
  };
  for (const [name, [mask, limbc, group, weight, g61]] of Object.entries(expected)) {
    const path = `configs/${name}.json`;
    const { config, notes } = loadConfig(path);
    assert.is(config.name, name);
    assert.equal([config.limb_mask, config.limbc, config.group], [mask, limbc, group]);
    assert.equal([config.weight, config.weight_g61], [weight, g61]);
    assert.equal([config.batch_size, config.learning_rate, config.epochs], [32, 1e-4, 80]);
    assert.equal([config.lr_decay_epoch, config.weight_decay, config.w_decay_ratio], [100, 20, 0.1]);
    assert.equal([config.model, config.image_size, config.width, config.sigma], ["NSRM", 368, 1, 1]);
    assert.equal([config.lpm_end_cap, config.zero_length_limb, config.loss_norm], Array(3).fill("original"));
    assert.match(notes[0], "device is ignored");
    const keys = Object.keys(JSON.parse(readFileSync(path, "utf8")));
    assert.equal(
      keys.filter((k) => k !== "weight_g61"),
      "name data_root dataset limbc group batch_size learning_rate lr_decay_epoch epochs device weight weight_decay w_decay_ratio".split(
        " ",
      ),
    );
  }
});

test("left-out keys take the original's values, the limb weight by mask and channels", () => {
  assert.is(load({ dataset: "HandDataset_LDM" }).config.weight, 1);
  assert.is(load({ dataset: "HandDataset_LDM", limbc: 7, group: "G6" }).config.weight, 0.2);
  assert.is(load({ dataset: "HandDataset_LPM" }).config.weight, 0.5);
  assert.is(load({ dataset: "HandDataset_LPM", limbc: 7, group: "G6" }).config.weight, 0.1);
  assert.is(loadConfig(file(JSON.stringify(base), "mine.json")).config.name, "mine");
  assert.equal(load(base).config.pck_thresholds, [0.04, 0.06, 0.08, 0.1, 0.12]);
});

test("CPM and quickstart load, without notes that do not concern them", () => {
  const cpm = loadConfig("configs/CPM.json").config;
  assert.equal([cpm.model, cpm.lr_decay_epoch, cpm.epochs], ["CPM", 40, 45]);
  const { config, notes } = loadConfig("configs/quickstart.json");
  assert.equal([config.dataset, config.data_root, config.model], ["synthetic", null, "NSRM"]);
  assert.equal([config.synthetic.seed, config.synthetic.poses], [0, "simple"]);
  assert.equal(notes, []);
});

test("a resolved configuration passes unchanged, through JSON too", () => {
  for (const name of ["LDM_G1", "LPM_G1_6", "CPM", "quickstart"]) {
    const { config } = loadConfig(`configs/${name}.json`);
    assert.equal(resolveConfig(JSON.parse(JSON.stringify(config)), "a checkpoint").config, config);
  }
});

test("a folder given beside an experiment is its data, also where it had synthetic hands", () => {
  const { config } = loadConfig("configs/LDM_G1.json");
  assert.is(onFolder(config, undefined), config);
  assert.equal(onFolder(config, "mine"), { ...config, data_root: "mine" });
  for (const [settings, dataset] of [
    [{}, "HandDataset_LPM"],
    [{ limb_mask: "LDM" }, "HandDataset_LDM"],
    [{ model: "CPM" }, "CMUHandDataset"],
  ] as const) {
    const drawn = resolveConfig({ dataset: "synthetic", ...settings }, "x").config;
    const moved = onFolder(drawn, "mine");
    assert.equal(moved, { ...drawn, dataset, data_root: "mine" });
    assert.equal(resolveConfig(moved, "x").config, moved);
  }
});

test("a study's experiments stand on any base, a folder's too", () => {
  for (const base of ["LPM_G1", "CPM", "quickstart"]) {
    const { config } = loadConfig(`configs/${base}.json`);
    for (const name of Object.keys(EXPERIMENTS)) {
      const { dataset, data_root, model, limb_mask, limbc, seed } = experimentOf(config, name, 3, "mine");
      assert.equal([data_root, seed, name.startsWith(model === "CPM" ? "CPM" : limb_mask)], ["mine", 3, true]);
      assert.is(dataset, model === "CPM" ? "CMUHandDataset" : `HandDataset_${limb_mask}`);
      assert.is(limbc, name.endsWith("&6") ? 7 : model === "CPM" ? config.limbc : 1);
    }
    assert.is(experimentOf(config, "CPM", 0).dataset, base === "quickstart" ? "synthetic" : "CMUHandDataset");
  }
});

test("--set takes JSON, plain text, dotted keys and numbers as people type them", () => {
  const { config } = load(
    base,
    "width=0.125",
    "init=he",
    "learning_rate=.001",
    "skip_bad=true",
    "widths.vgg=[4, 4, 5, 6]",
    "widths.hid=7",
    'freeze=["vgg19."]',
    "name=2024",
    "data_root=a=b",
    "clip_grad_norm=1",
    "clip_grad_norm=null",
    "synthetic.count_train=5",
    "synthetic.poses=full",
  );
  assert.is(config.width, 0.125);
  assert.is(config.init, "he");
  assert.is(config.learning_rate, 0.001);
  assert.is(config.skip_bad, true);
  assert.equal(config.widths, { vgg: [4, 4, 5, 6], hid: 7 });
  assert.equal(config.freeze, ["vgg19."]);
  assert.is(config.name, "2024");
  assert.is(config.data_root, "a=b");
  assert.is(config.clip_grad_norm, null);
  assert.equal([config.synthetic.count_train, config.synthetic.count_valid], [5, 128]);
  assert.is(config.synthetic.poses, "full");
});

test("more synthetic hands than an epoch's order has room for are refused", () => {
  const bad = () => load({ dataset: "synthetic" }, "synthetic.count_train=1e9");
  assert.throws(bad, /synthetic\.count_train: expected a number of training hands, 1 to 10000000, got 1000000000/);
});

test("unknown keys are refused by name with the nearest known one", () => {
  assert.is(
    refusal(() => load({ ...base, learing_rate: 1 })),
    'x.json: unknown key "learing_rate" (did you mean "learning_rate"?)',
  );
  assert.is(
    refusal(() => load(base, "batchsize=2")),
    '--set batchsize=2: unknown key "batchsize" (did you mean "batch_size"?)',
  );
  assert.is(
    refusal(() => load(base, "widths.stages=2")),
    '--set widths.stages=2: unknown key "widths.stages" (did you mean "widths.stage"?)',
  );
});

test("wrong types and values name the file or --set, the field and what was expected", () => {
  const bad = (settings: object, ...sets: string[]) => refusal(() => load({ ...base, ...settings }, ...sets));
  assert.is(bad({ learning_rate: "fast" }), 'x.json: learning_rate: expected a positive number, got "fast"');
  assert.is(bad({}, "epochs=2.5"), "--set epochs=2.5: epochs: expected a positive integer, got 2.5");
  assert.is(bad({ image_size: 100 }), "x.json: image_size: expected a positive multiple of 8, got 100");
  assert.is(bad({ limbc: 6 }), "x.json: limbc: expected 1 (whole hand) or 7 (whole hand, five fingers, palm), got 6");
  assert.match(
    bad({ widths: { vgg: [1, 2, 3] } }),
    /^x.json: widths.vgg: expected .* 4 positive integers, got \[1,2,3\]$/,
  );
  assert.match(bad({ widths: { vgg: [1, 2, 3, "4"] } }), /^x.json: widths.vgg: expected .* got \[1,2,3,"4"\]$/);
  assert.match(bad({ widths: 3 }), /^x.json: widths: expected an object .*, got 3$/);
  assert.match(bad({ pck_thresholds: [0.1, null] }), /^x.json: pck_thresholds: expected a list .*, got \[0.1,null\]$/);
  assert.match(bad({ adam_betas: [0.9, 1] }), /^x.json: adam_betas: expected two numbers/);
  assert.match(bad({ dataset: "COCO" }), /^x.json: dataset: expected "HandDataset_LDM".*, got "COCO"$/);
  assert.is(bad({ skip_bad: "yes" }), 'x.json: skip_bad: expected true or false, got "yes"');
  assert.match(
    refusal(() => load({})),
    /^x.json: dataset: expected "HandDataset_LDM", .*, got nothing$/,
  );
  assert.match(bad({ epochs: 0, seed: -1 }), /epochs: expected.*; x.json: seed: expected/);
});

test("--set below what is no object, and of a prototype", () => {
  const bad = (set: string) => refusal(() => load(base, set));
  assert.match(
    bad("augment.rotation.x=3"),
    /^--set augment\.rotation\.x=3: augment\.rotation: expected .*, got \{"x":3\}$/,
  );
  assert.match(bad("constructor.prototype.x=3"), /^--set constructor\.prototype\.x=3: unknown key "constructor"/);
  for (const key of ["__proto__", "constructor", "toString"]) {
    assert.ok(bad(`${key}=1`).startsWith(`--set ${key}=1: unknown key "${key}"`));
  }
  assert.match(bad("__proto__.x=3"), /^--set __proto__\.x=3: unknown key "__proto__"/);
  assert.is(({} as { x?: number }).x, undefined);
});

test("relations between fields are checked", () => {
  const bad = (settings: object) => refusal(() => load({ ...base, ...settings }));
  assert.is(bad({ limbc: 7 }), 'x.json: group: expected "G6" with limbc 7, got "G1"');
  assert.is(bad({ group: "G6" }), 'x.json: group: expected "G1" with limbc 1, got "G6"');
  assert.match(bad({ micro_batch: 64 }), /^x.json: micro_batch: expected at most batch_size \(32\), got 64$/);
  assert.match(bad({ pck_thresholds: [0.1, 0.1] }), /pck_thresholds: expected ascending/);
  assert.match(bad({ pck_thresholds: [0.2] }), /select_threshold: expected one of pck_thresholds \[0.2\], got 0.1/);
  assert.match(bad({ limb_mask: "LDM" }), /limb_mask: expected "LPM" with dataset "HandDataset_LPM", got "LDM"/);
  assert.match(bad({ dataset: "CMUHandDataset" }), /limb_mask: expected "LDM" or "LPM"/);
  assert.match(bad({ dataset: "synthetic", data_root: "d" }), /dataset: "synthetic" reads no folder; to train on d,/);
  assert.match(bad({ width: 0.5, backbone: "vgg19.safetensors" }), /backbone: expected null at this width/);
});

test("files that are missing, broken or no object", () => {
  assert.is(
    refusal(() => loadConfig(join(folder, "none.json"))),
    "none.json: no such file (an experiment's configuration)",
  );
  assert.match(
    refusal(() => loadConfig(folder)),
    /is a folder, expected a file/,
  );
  const broken = (text: string) => refusal(() => loadConfig(file(text)));
  assert.is(broken('{\n  "name": "a",\n  oops\n}'), 'x.json:3:3: not valid JSON: unexpected "o"');
  assert.is(broken('{\n  "width": oops\n}'), 'x.json:2:12: not valid JSON: unexpected "o"');
  assert.is(broken('{ "name": tru}'), 'x.json:1:14: not valid JSON: unexpected "}"');
  assert.is(broken('{ "name": "a"'), "x.json:1:14: not valid JSON: it ends too early");
  assert.is(broken(""), "x.json:1:1: not valid JSON: it ends too early");
  assert.match(
    refusal(() => loadConfig(file("[1]"))),
    /^x.json: expected a JSON object of settings, got \[1\]$/,
  );
  for (const set of ["epochs", "=3", " =3"]) {
    assert.is(
      refusal(() => load(base, set)),
      `--set ${set}: expected key=value`,
    );
  }
});

test("notes say what is silently different", () => {
  assert.match(load({ ...base, limbc: 7, group: "G6" }).notes[0], "weight_g61 is not given");
  assert.match(load(base).notes[0], "backbone is null");
  assert.equal(load({ ...base, width: 0.5 }).notes, []);
});

test("a run's name is that of a folder, whoever gives it; a file without one in it gives its own", () => {
  const expected = /^(--set name=.*|x\.json): name: expected a folder's name of at most 100 characters: .*, got "/;
  const bad = [
    "../../evil",
    "a/b",
    "/tmp",
    "a\\\\b",
    "..",
    ".hidden",
    " x",
    "x".repeat(101),
    "C:x",
    "a\u001b[2J",
    "a\nb",
  ];
  for (const name of bad) {
    assert.match(
      refusal(() => load({ ...base, name })),
      expected,
    );
    assert.match(
      refusal(() => load(base, `name=${JSON.stringify(name)}`)),
      expected,
    );
  }
  for (const name of ["LPM_G1", "2024-05.1", "hände zwei", "LPM-G1&6 seed 0"]) {
    assert.is(load({ ...base, name }).config.name, name);
  }
  const named = (file_: string) => loadConfig(file(JSON.stringify(base), file_)).config.name;
  assert.equal([".json", "a:b.json", "my run (2).json"].map(named), ["-json", "a-b", "my run (2)"]);
  // What a checkpoint of before is called leads nowhere.
  assert.is(resolveConfig({ ...base, name: "../x" }, "a checkpoint").config.name, "../x");
});

test("paths are tidied as they come in", () => {
  assert.is(load({ ...base, data_root: "./a/../hands/" }).config.data_root, "hands");
  assert.is(load(base, "data_root=/x//y/./z/..").config.data_root, "/x/y");
});

test("a byte order mark before the text is no part of it; UTF-16 is named", () => {
  assert.is(loadConfig(file(`\ufeff${JSON.stringify({ ...base, name: "marked" })}`)).config.name, "marked");
  const path = join(folder, "wide.json");
  for (const bytes of [
    [0xff, 0xfe],
    [0xfe, 0xff],
  ]) {
    writeFileSync(path, Buffer.from([...bytes, 0x7b, 0]));
    assert.is(
      refusal(() => loadConfig(path)),
      "wide.json: is in UTF-16, expected UTF-8 (an experiment's configuration)",
    );
  }
});

test.run();
