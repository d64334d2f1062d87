import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { UserError } from "../../../engine/errors/errors";
import { resolveConfig } from "../../../train/config/resolve";
import { loadCheckpoint, saveCheckpoint } from "../../../train/files/checkpoint";
import type { TrainOptions } from "../../../train/run/open";
import { study } from "../../../train/run/study";
import { train } from "../../../train/run/train";
import { testGpu } from "../../helpers/gpu";
import { tinyConfig, writeDataset } from "../../helpers/tiny";

const test = suite("data that change between runs");
const home = mkdtempSync(join(tmpdir(), "nsrm-"));
const at = (...names: string[]) => join(home, ...names);
test.after(() => rmSync(home, { recursive: true, force: true }));

const run = async (out: string, data: string, max_steps: number, options: Partial<TrainOptions> = {}) =>
  train({ gpu: await testGpu(), config: tinyConfig({ samples: 0, max_steps }), data, out, silent: true, ...options });

async function refusal(running: Promise<unknown>): Promise<string> {
  const error = await running.then(() => assert.unreachable("it was not refused")).catch((e) => e);
  assert.instance(error, UserError, String(error));
  assert.not.match(error.message, /\n/);
  return error.message;
}

/** What someone does to a folder between two runs, and what is said of it. */
const CHANGES: Record<string, [change: (folder: string) => void, said: string]> = {
  "a label moved": [
    (folder) => edit(join(folder, "labels.json"), (labels) => (labels["0006.jpg"][3][0] += 0.25)),
    "valid: 3 images before and now, but with other labels",
  ],
  "labels rounded to integers": [
    (folder) =>
      edit(join(folder, "labels.json"), (labels) => {
        for (const joint of labels["0008.jpg"]) for (const i of [0, 1]) joint[i] = Math.round(joint[i]);
      }),
    "test: 2 images before and now, but with other labels",
  ],
  "fewer images": [
    (folder) => edit(join(folder, "partitions.json"), (splits) => splits.train.pop()),
    "train: 5 images before, 4 now",
  ],
  "another split": [
    (folder) =>
      edit(join(folder, "partitions.json"), ({ train, valid }) => {
        [train[0], valid[0]] = [valid[0], train[0]];
      }),
    "train: 5 images before and now, but others or in another order; valid: 3 images before and now, but others",
  ],
  "another image of the same name": [
    (folder) => appendFileSync(join(folder, "imgs", "0001.jpg"), "more"),
    "train: 5 images before and now, but other files",
  ],
  "visibility told": [
    (folder) => {
      const labels = JSON.parse(readFileSync(join(folder, "labels.json"), "utf8"));
      const flags = Object.keys(labels).map((name) => [name, Array(21).fill(1)]);
      writeFileSync(join(folder, "visibility.json"), JSON.stringify(Object.fromEntries(flags)));
    },
    "train: 5 images before and now, but with other labels; valid: ",
  ],
};

// biome-ignore lint/suspicious/noExplicitAny: whatever is in the file
function edit(path: string, change: (content: any) => void): void {
  const content = JSON.parse(readFileSync(path, "utf8"));
  change(content);
  writeFileSync(path, JSON.stringify(content));
}

test.before(async () => {
  await writeDataset(at("data"), [5, 3, 2]);
  await run(at("run"), at("data"), 2);
});

for (const [name, [change, said]] of Object.entries(CHANGES)) {
  test(`${name}: refused with how to go on, and nothing is touched`, async () => {
    const [data, out] = [at(name), at(`${name}, run`)];
    cpSync(at("data"), data, { recursive: true });
    cpSync(at("run"), out, { recursive: true });
    change(data);
    const message = await refusal(run(out, data, 3, { resume: true }));
    assert.ok(message.includes(`last.safetensors: it was trained on other data than there are now (${said}`), message);
    assert.match(message, /\); go on with --other-data, or choose another --out$/);
    for (const file of ["last.safetensors", "config.json", "metrics.jsonl"])
      assert.equal(readFileSync(join(out, file)), readFileSync(at("run", file)), file);
  });
}

test("asked for, a run goes on with other data, says so, and has no best score from before", async () => {
  const [data, out] = [at("grown"), at("goes on")];
  cpSync(at("data"), data, { recursive: true });
  edit(join(data, "partitions.json"), ({ valid }) => valid.pop());
  cpSync(at("run"), out, { recursive: true });
  await saveCheckpoint(join(out, "last.safetensors"), {
    ...loadCheckpoint(join(out, "last.safetensors")),
    bestScore: 2,
  });
  assert.is((await run(out, data, 3, { resume: true, otherData: true })).steps, 3);
  const log = readFileSync(join(out, "train.log"), "utf8");
  assert.match(log, /warning: .*trained on other data than there are now: valid: 3 images before, 2 now\n/);
  assert.is(loadCheckpoint(join(out, "best.safetensors")).step, 3);
  // From here on these are its data.
  assert.is((await run(out, data, 4, { resume: true })).steps, 4);
});

test("a folder that was moved holds the same data", async () => {
  const out = at("moved run");
  cpSync(at("run"), out, { recursive: true });
  cpSync(at("data"), at("elsewhere"), { recursive: true });
  assert.is((await run(out, at("elsewhere"), 3, { resume: true })).steps, 3);
  assert.not.match(readFileSync(join(out, "train.log"), "utf8"), /warning/);
});

test("a checkpoint of before says nothing of its data, and goes on", async () => {
  const [data, out] = [at("fewer of old"), at("old run")];
  cpSync(at("data"), data, { recursive: true });
  edit(join(data, "partitions.json"), (splits) => splits.train.pop());
  cpSync(at("run"), out, { recursive: true });
  const path = join(out, "last.safetensors");
  await saveCheckpoint(path, { ...loadCheckpoint(path), contents: undefined });
  assert.is((await run(out, data, 3, { resume: true })).steps, 3);
  const log = readFileSync(join(out, "train.log"), "utf8");
  assert.ok(log.includes(`trained on the hands of ${at("data")}; the run goes on with those of ${data}`));
});

test("a study compares no runs on different data", async () => {
  const [data, out] = [at("of a study"), at("study")];
  cpSync(at("data"), data, { recursive: true });
  const { name: _, limb_mask: __, dataset: ___, ...settings } = tinyConfig({ samples: 0, max_steps: 1 });
  const base = resolveConfig({ ...settings, dataset: "synthetic", limb_mask: "LPM" }, "test").config;
  const gpu = await testGpu();
  const once = () => study({ gpu, base, data, out, seeds: 1, only: ["CPM"], print() {} });
  assert.ok(await once());
  edit(join(data, "partitions.json"), (splits) => splits.test.pop());
  assert.match(await refusal(once()), /CPM-seed0\/last\.safetensors: .*test: 2 images before, 1 now\); choose another/);
  assert.ok(existsSync(join(out, "study.md")));
  renameSync(out, at("study of before"));
  assert.ok(await once());
});

test.run();
