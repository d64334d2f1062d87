import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { openGpu } from "../../../engine/adapters/node";
import { sizeOf } from "../../../engine/core/tensor";
import { UserError } from "../../../engine/errors/errors";
import { readSafetensors, writeSafetensors } from "../../../model/files/safetensors";
import { loadCheckpoint, saveCheckpoint } from "../../../train/files/checkpoint";
import { readMetrics } from "../../../train/files/metrics-log";
import { readTrained } from "../../../train/infer/trained";
import { initialiseLearner } from "../../../train/run/initialise";
import type { TrainOptions } from "../../../train/run/open";
import { train } from "../../../train/run/train";
import { openSource } from "../../../train/source/open";
import { Learner } from "../../../train/step/learner";
import { createLearner } from "../../../train/step/setup";
import type { StepLine } from "../../../train/step/step-line";
import { testGpu } from "../../helpers/gpu";
import { tinyConfig, writeDataset } from "../../helpers/tiny";

const test = suite("run");
const data = mkdtempSync(join(tmpdir(), "nsrm-"));
let out = "";
test.before(() => writeDataset(data, [5, 3, 2]));
test.after(() => rmSync(data, { recursive: true, force: true }));
test.before.each(() => {
  out = mkdtempSync(join(tmpdir(), "nsrm-"));
});
test.after.each(() => rmSync(out, { recursive: true, force: true }));

/** Runs a tiny experiment: 5 images in batches of 2, so 3 steps an epoch. */
async function run(changes: Record<string, unknown> = {}, options: Partial<TrainOptions> = {}) {
  const gpu = await testGpu();
  const before = gpu.pool.liveBytes;
  try {
    return await train({ gpu, config: tinyConfig({ samples: 0, ...changes }), data, out, silent: true, ...options });
  } finally {
    assert.is(gpu.pool.liveBytes, before, "a run leaves no memory in use");
    assert.equal([gpu.tape.length, gpu.tape.recording, existsSync(join(out, "run.lock"))], [0, true, false]);
  }
}

async function refusal(running: Promise<unknown>): Promise<string> {
  let error: unknown;
  await running.catch((e) => (error = e));
  assert.instance(error, UserError, String(error));
  assert.not.match((error as Error).message, /\n/);
  return (error as Error).message;
}

const metrics = () => readMetrics<StepLine>(join(out, "metrics.jsonl"));
const log = () => readFileSync(join(out, "train.log"), "utf8");
const json = (name: string) => JSON.parse(readFileSync(join(out, name), "utf8"));

test("a run leaves all that it should", async () => {
  const result = await run({ epochs: 3, samples: 1 });
  assert.equal([result.steps, result.epoch, result.interrupted, result.skipped], [9, 3, false, 0]);
  const files = readdirSync(out).sort();
  for (const name of [
    "best.safetensors",
    "config.json",
    "last.safetensors",
    "metrics.jsonl",
    "samples",
    "test_pck.json",
    "test_predictions.json",
    "train.log",
    "valid_pck.json",
    "valid_predictions.json",
  ]) {
    assert.ok(files.includes(name), name);
  }
  assert.equal(readdirSync(join(out, "samples")).sort(), [
    "epoch_001.png",
    "epoch_002.png",
    "epoch_003.png",
    "masks.png",
  ]);
  const steps = metrics();
  assert.equal(
    steps.map((s) => [s.step, s.epoch, s.images]),
    [1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => [n, Math.ceil(n / 3), n % 3 === 0 ? 1 : 2]),
  );
  for (const s of steps) {
    assert.equal([s.lr, s.limb_weight], [1e-3, 0.5]);
    assert.ok(s.ms > 0 && s.grad_norm > 0);
    assert.ok(Math.abs(s.loss - (s.cm + s.limb_weight * s.limb)) <= 1e-6 * s.loss);
  }
  assert.ok(steps[8].loss < steps[0].loss);
  assert.equal(json("config.json").widths, tinyConfig().widths);
  assert.equal(Object.keys(json("valid_predictions.json")).sort(), ["0005.jpg", "0006.jpg", "0007.jpg"]);
  assert.equal([json("test_pck.json").images, json("test_pck.json").step, json("valid_pck.json").epoch], [2, 9, 3]);
  const last = loadCheckpoint(join(out, "last.safetensors"));
  assert.equal([last.step, last.epoch, last.batchInEpoch, last.seed], [9, 4, 0, 0]);
  assert.ok([...last.parameters.values()].every((p) => p.moments));
  assert.is(loadCheckpoint(join(out, "best.safetensors")).bestScore, last.bestScore);
});

test("a smaller last batch, and one in parts, are divided by their own size", async () => {
  // At no learning rate the mean over an epoch's images does not depend on how they are put together.
  const mean = async (changes: Record<string, unknown>) => {
    await run({ epochs: 1, learning_rate: 1e-30, ...changes });
    const total = metrics().reduce((sum, s) => sum + s.loss * s.images, 0) / 5;
    rmSync(out, { recursive: true });
    return total;
  };
  const single = await mean({ batch_size: 1 });
  for (const other of [await mean({ batch_size: 2 }), await mean({ batch_size: 4, micro_batch: 3 })]) {
    assert.ok(Math.abs(other - single) <= 1e-6 * single, `${other} for ${single}`);
  }
});

test("after the first step no pipeline is made, and memory stands still", async () => {
  const gpu = await openGpu(); // a new device has no pipelines yet
  const seen: { pipelines: number; total: number; cached: object }[] = [];
  const { step } = Learner.prototype;
  Learner.prototype.step = function (...args) {
    step.apply(this, args);
    seen.push({ pipelines: gpu.pipelines.count, total: gpu.pool.totalBytes, cached: gpu.cached });
  };
  try {
    await run({ epochs: 4, samples: 1 }, { gpu });
    assert.is(seen.length, 12);
    assert.is(
      gpu.pipelines.count,
      seen[0].pipelines,
      "also not for smaller batches, validation, pictures and the test",
    );
    // The first epoch ends with a batch of another size and a validation: after them all is there that will be needed.
    assert.equal(
      seen.slice(3).map((s) => s.total),
      new Array(9).fill(seen[3].total),
    );
    for (const later of seen.slice(6)) assert.equal(later.cached, seen[5].cached);
  } finally {
    Learner.prototype.step = step;
    await gpu.close();
  }
});

test("a folder that holds a run is left alone without --resume", async () => {
  await run({ max_steps: 1 });
  const before = readFileSync(join(out, "last.safetensors"));
  assert.match(await refusal(run()), /already holds a run; go on with --resume, or choose another --out/);
  assert.equal(readFileSync(join(out, "last.safetensors")), before);
  assert.match(
    await refusal(run({ learning_rate: 0.5 })),
    /already holds a run, with which this one cannot go on \(.*learning_rate 0\.001, this .* 0\.5\); choose another --out$/,
  );
  assert.match(
    await refusal(run({ learning_rate: 0.5 }, { resume: true })),
    /last\.safetensors: it was trained with learning_rate 0\.001, this run asks for 0\.5/,
  );
  assert.match(await refusal(run({ limbc: 7, group: "G6" }, { resume: true })), /trained with limbc 1/);
  assert.is(metrics().length, 1, "nothing was cut");
  // Going further is no other run.
  assert.is((await run({ max_steps: 2 }, { resume: true })).steps, 2);
  assert.is(json("config.json").max_steps, 2);
});

test("a run records the folder that it was given, and goes on with no other hands unasked", async () => {
  const gpu = await testGpu();
  const synthetic = { count_train: 4, count_valid: 2, count_test: 2 };
  const drawn = { dataset: "synthetic", limb_mask: "LPM", synthetic };
  await run({ ...drawn, max_steps: 1 });
  const { dataset, data_root } = json("config.json");
  assert.equal([dataset, data_root], ["HandDataset_LPM", data]);
  assert.ok(readFileSync(join(out, "report.html"), "utf8").includes(data));
  assert.match(
    await refusal(run({ ...drawn, max_steps: 2 }, { resume: true, data: undefined })),
    /it was trained with dataset "HandDataset_LPM", this run asks for "synthetic"/,
  );
  // A checkpoint knows its own hands.
  const { config } = readTrained(join(out, "last.safetensors"));
  assert.is(openSource({ gpu, config }).split("train").size, 5);
  const moved = mkdtempSync(join(tmpdir(), "nsrm-"));
  try {
    await writeDataset(moved, [5, 3, 2]);
    await run({ ...drawn, max_steps: 2 }, { resume: true, data: moved });
    assert.is(json("config.json").data_root, moved, "the same hands in another place");
  } finally {
    rmSync(moved, { recursive: true });
  }
});

test("a torn or foreign checkpoint is refused", async () => {
  await run({ max_steps: 1, checkpoint_every: 1 });
  const path = join(out, "last.safetensors");
  rmSync(join(out, "previous.safetensors"));
  const whole = readFileSync(path);
  truncateSync(path, whole.length - 100);
  assert.match(await refusal(run({ max_steps: 1 }, { resume: true })), /last\.safetensors: .*cut short/);
  const flipped = Buffer.from(whole);
  flipped[whole.length - 1000] ^= 1;
  writeFileSync(path, flipped);
  assert.ok(
    (await refusal(run({ max_steps: 1 }, { resume: true }))).endsWith(
      "last.safetensors: the checkpoint is damaged (its content does not match its checksum); nothing is left to go on " +
        `from; begin anew with another --out, from what is whole there, --set init=${join(out, "best.safetensors")}`,
    ),
  );
  writeFileSync(path, readFileSync("test/golden/model.safetensors"));
  assert.match(await refusal(run({ max_steps: 1 }, { resume: true })), /not a checkpoint of this program/);
  // Another network's weights under this one's configuration.
  writeFileSync(path, whole);
  const checkpoint = loadCheckpoint(path);
  const { moments, value } = checkpoint.parameters.get("stage2.Mconv1.conv.weight")!;
  checkpoint.parameters.set("stage2.Mconv1.conv.weight", { shape: [value.length], value, moments });
  await saveCheckpoint(path, checkpoint);
  assert.match(
    await refusal(run({ max_steps: 1 }, { resume: true })),
    /"stage2\.Mconv1\.conv\.weight" is \[1470\]; this network's is \[5, 6, 7, 7\]/,
  );
});

test("a step that is not finite ends the run; the last good checkpoint is kept", async () => {
  const message = await refusal(run({ learning_rate: 1e30, checkpoint_every: 1 }));
  assert.match(message, /^step 2: the loss or a gradient is not finite, first in conv2d in vgg19\.\S+ \(images 00/);
  assert.match(message, /no weight was changed, the last good checkpoint is last\.safetensors$/);
  assert.equal(
    metrics().map((s) => s.step),
    [1],
  );
  const checkpoint = loadCheckpoint(join(out, "last.safetensors"));
  assert.is(checkpoint.step, 1);
  for (const { value, moments } of checkpoint.parameters.values()) {
    for (const list of [value, moments!.expAvg, moments!.expAvgSq]) assert.ok(list.every(Number.isFinite));
  }
  assert.match(log(), /ended by an error: step 2: the loss/);
});

test("without a checkpoint it says so", async () => {
  assert.match(await refusal(run({ learning_rate: 1e30 })), /no weight was changed, no checkpoint yet$/);
  assert.not.ok(existsSync(join(out, "last.safetensors")));
});

test("bad images end a run by name, or are left out and counted", async () => {
  const path = join(data, "imgs", "0002.jpg");
  const whole = readFileSync(path);
  try {
    truncateSync(path, whole.length >> 1);
    assert.match(await refusal(run()), /0002\.jpg: cannot be decoded/);
    rmSync(out, { recursive: true });
    const result = await run({ skip_bad: true });
    assert.equal([result.skipped, result.steps], [1, 6]);
    assert.equal(
      metrics().reduce((sum, s) => sum + s.images, 0),
      8,
    );
    assert.match(log(), /warning: 1 bad training images left out so far: .*0002\.jpg: cannot be decoded/);
  } finally {
    writeFileSync(path, whole);
  }
});

test("images of validation and test that cannot be read are found before the first step", async () => {
  for (const [name, image, split] of [
    ["0006.jpg", 1, "valid"],
    ["0008.jpg", 0, "test"],
  ] as const) {
    const path = join(data, "imgs", name);
    const whole = readFileSync(path);
    try {
      truncateSync(path, whole.length >> 1);
      const message = await refusal(run());
      assert.match(
        message,
        new RegExp(`${name}: cannot be decoded: .*\\(image ${image} of ${split}, counted from 0\\)`),
      );
      assert.equal(existsSync(out) ? readdirSync(out) : [], [], "nothing was begun");
      await run({ skip_bad: true, max_steps: 1 });
      assert.match(log(), new RegExp(`note: ${split}: 1 of \\d images cannot be read and are left out: .*${name}`));
      rmSync(out, { recursive: true });
    } finally {
      writeFileSync(path, whole);
    }
  }
});

test("steps before an image that cannot be read are kept", async () => {
  const path = join(data, "imgs", "0002.jpg");
  const whole = readFileSync(path);
  try {
    truncateSync(path, whole.length >> 1);
    await refusal(run({ batch_size: 1, prefetch: 1 }));
    const { step } = loadCheckpoint(join(out, "last.safetensors"));
    assert.equal([step, metrics().length], [step, step]);
    assert.ok(step > 0);
  } finally {
    writeFileSync(path, whole);
  }
  assert.is((await run({ batch_size: 1, prefetch: 1 }, { resume: true, otherData: true })).steps, 10);
});

test("where the folder is gone, the first failure is told and not those of cleaning up", async () => {
  const { step } = Learner.prototype;
  Learner.prototype.step = function (...args) {
    step.apply(this, args);
    if (this.adam.steps === 3) rmSync(out, { recursive: true });
  };
  try {
    const message = await refusal(run());
    assert.is(message, `${join(out, "last.safetensors")}: cannot write it: no such file or folder`);
  } finally {
    Learner.prototype.step = step;
  }
});

test("first values: another run's weights, and their refusal", async () => {
  await run({ max_steps: 1 });
  const init = join(out, "last.safetensors");
  const second = mkdtempSync(join(tmpdir(), "nsrm-"));
  try {
    await run({ max_steps: 1, learning_rate: 1e-30, init }, { out: second });
    const [a, b] = [loadCheckpoint(init), loadCheckpoint(join(second, "last.safetensors"))];
    for (const [name, { value }] of a.parameters) assert.equal(b.parameters.get(name)!.value, value, name);
    const wide = { init, widths: { vgg: [4, 4, 5, 6], feat: 6, stage: 5, hid: 7 } };
    rmSync(second, { recursive: true });
    assert.match(
      await refusal(run(wide, { out: second })),
      /last\.safetensors: "vgg19\.conv5_3\.weight" is \[5, 6, 3, 3\]/,
    );
    assert.match(
      await refusal(run({ init: join(out, "none") }, { out: second })),
      /none: cannot read it: no such file/,
    );
  } finally {
    rmSync(second, { recursive: true, force: true });
  }
});

test("a backbone in torchvision's naming, and its refusal", async () => {
  const gpu = await testGpu();
  const path = join(out, "vgg.safetensors");
  const config = { ...tinyConfig(), backbone: path };
  const learner = createLearner(gpu, config);
  const { parameters } = learner.network;
  const tensors = parameters.specs
    .filter(({ name }) => name.startsWith("vgg19.backbone."))
    .map(({ name, shape }, k) => ({
      name: name.replace("vgg19.backbone.", "features."),
      shape,
      data: new Float32Array(sizeOf(shape)).fill(k),
    }));
  const classifier = { name: "classifier.0.weight", shape: [2], data: new Float32Array(2) };
  await writeSafetensors(path, [...tensors, classifier]);
  initialiseLearner(learner, config);
  const got = await parameters.readArena(parameters.values);
  for (const { name, data } of tensors) assert.equal(got.get(name.replace("features.", "vgg19.backbone.")), data);
  assert.ok(
    got.get("vgg19.conv5_1.weight")!.some((v) => v !== 0 && v < 1),
    "the rest is initialised",
  );

  const refused = async (given: typeof tensors) => {
    await writeSafetensors(path, given);
    return refusal((async () => initialiseLearner(learner, config))());
  };
  const missing = await refused(tensors.slice(1));
  assert.match(missing, /vgg\.safetensors: it has no tensor "features\.0\.weight"; expected torchvision's VGG19/);
  const flat = await refused([{ ...tensors[0], shape: [108] }, ...tensors.slice(1)]);
  assert.match(flat, /"features\.0\.weight" is \[108\]; expected \[4, 3, 3, 3\]/);
  learner.dispose();
});

test("freeze prefixes that fit nothing, or leave nothing", async () => {
  assert.match(await refusal(run({ freeze: ["backbone"] })), /freeze: no parameter's name starts with "backbone"/);
  assert.match(await refusal(run({ freeze: ["vgg19", "stage"] })), /nothing is left to train/);
});

test("labels so far away that they overflow do not spoil weights", async () => {
  const path = join(data, "labels.json");
  const text = readFileSync(path, "utf8");
  const labels = JSON.parse(text);
  for (const name of Object.keys(labels)) labels[name][4] = [1e38, -1e38];
  writeFileSync(path, JSON.stringify(labels));
  try {
    await run({ max_steps: 2 });
    for (const { value } of loadCheckpoint(join(out, "last.safetensors")).parameters.values()) {
      assert.ok(value.every(Number.isFinite));
    }
  } finally {
    writeFileSync(path, text);
  }
});

test("a checkpoint's weights are readable by their plain names", async () => {
  await run({ max_steps: 1 });
  const file = readSafetensors(join(out, "best.safetensors"));
  assert.equal(file.shape("vgg19.backbone.0.weight"), [4, 3, 3, 3]);
});

test.run();
