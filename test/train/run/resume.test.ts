import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { loadCheckpoint, saveCheckpoint } from "../../../train/files/checkpoint";
import { lockFolder } from "../../../train/files/lock";
import { readMetrics } from "../../../train/files/metrics-log";
import { readTrained } from "../../../train/infer/trained";
import type { TrainOptions } from "../../../train/run/open";
import { Saver } from "../../../train/run/saver";
import { train } from "../../../train/run/train";
import { Learner } from "../../../train/step/learner";
import type { StepLine } from "../../../train/step/step-line";
import { testGpu } from "../../helpers/gpu";
import { outcome } from "../../helpers/outcome";
import { tinyConfig, writeDataset } from "../../helpers/tiny";

// Stops that the process survives; test/cli/kill.test.ts has those that it does not.
const test = suite("resume");
const home = mkdtempSync(join(tmpdir(), "nsrm-"));
const data = join(home, "data");
const whole = join(home, "whole");

const CONFIG = { epochs: 4, validate_every: 2, samples: 0 };

async function run(out: string, changes: Record<string, unknown> = {}, options: Partial<TrainOptions> = {}) {
  return train({
    gpu: await testGpu(),
    config: tinyConfig({ ...CONFIG, ...changes }),
    data,
    out,
    silent: true,
    ...options,
  });
}

test.before(async () => {
  await writeDataset(data, [5, 2, 2]);
  await run(whole); // 12 steps without a break
});
test.after(() => rmSync(home, { recursive: true, force: true }));

/** Runs with a stop signal that comes while the step of that number is being recorded (0: before the first). */
async function runUntil(step: number, out: string, changes: Record<string, unknown>, resume: boolean) {
  const stop = new AbortController();
  const { step: original } = Learner.prototype;
  Learner.prototype.step = function (...args) {
    original.apply(this, args);
    if (this.adam.steps === step) stop.abort();
  };
  if (step === 0) stop.abort();
  try {
    return await run(out, changes, { stop: stop.signal, resume });
  } finally {
    Learner.prototype.step = original;
  }
}

test("a run stopped again and again ends with the same bits", async () => {
  const out = join(home, "stopped");
  mkdirSync(out);
  for (const step of [0, 1, 3, 4, 8]) {
    const result = await runUntil(step, out, {}, step > 0);
    assert.equal([result.interrupted, result.steps, result.test], [true, step, null]);
    assert.is(loadCheckpoint(join(out, "last.safetensors")).step, step);
    assert.is(readMetrics(join(out, "metrics.jsonl")).length, step);
  }
  const end = await run(out, {}, { resume: true });
  assert.equal([end.interrupted, end.steps], [false, 12]);
  assert.equal(outcome(out), outcome(whole));
});

const VALID_IMAGE = join(data, "imgs", "0006.jpg");

test("an epoch is saved before its validation, whose failure costs nothing", async () => {
  const out = join(home, "unreadable");
  mkdirSync(out);
  const image = readFileSync(VALID_IMAGE);
  const { step: original } = Learner.prototype;
  Learner.prototype.step = function (...args) {
    original.apply(this, args);
    if (this.adam.steps === 6) truncateSync(VALID_IMAGE, 300);
  };
  try {
    const message = await run(out).then(String, (error: Error) => error.message);
    assert.match(message, /0006\.jpg: cannot be decoded/);
  } finally {
    Learner.prototype.step = original;
    writeFileSync(VALID_IMAGE, image);
  }
  const { step, validationDue } = loadCheckpoint(join(out, "last.safetensors"));
  assert.equal([step, validationDue], [6, true]);
  await run(out, {}, { resume: true });
  assert.equal(outcome(out), outcome(whole));
});

test("a signal ends an evaluation within a batch, and what was evaluated is evaluated once more", async () => {
  const out = join(home, "evaluating");
  mkdirSync(out);
  const { tape } = await testGpu();
  const { noGradAsync } = tape;
  // Each evaluation has two batches. The signal comes in the first of each of them: validation, validation, test.
  for (const [step, batch] of [
    [10, 1],
    [12, 3],
    [12, 3],
  ]) {
    const stop = new AbortController();
    let batches = 0;
    tape.noGradAsync = (work) => {
      if (++batches === batch) stop.abort();
      return noGradAsync.call(tape, work) as ReturnType<typeof work>;
    };
    try {
      const result = await run(out, { batch_size: 1, max_steps: 12 }, { resume: true, stop: stop.signal });
      assert.equal([result.interrupted, result.steps, batches], [true, step, batch]);
    } finally {
      tape.noGradAsync = noGradAsync;
    }
  }
  const single = join(home, "single");
  await run(single, { batch_size: 1, max_steps: 12 });
  await run(out, { batch_size: 1, max_steps: 12 }, { resume: true });
  assert.equal(outcome(out), outcome(single));
  await run(out, { batch_size: 1, max_steps: 12 }, { resume: true });
  assert.equal(outcome(out), outcome(single), "no evaluation is listed twice");
});

test("the last validation, where it was interrupted, is done once", async () => {
  const out = join(home, "last-validation");
  mkdirSync(out);
  assert.is((await runUntil(3, out, { max_steps: 3 }, false)).interrupted, true);
  const { validationDue } = loadCheckpoint(join(out, "last.safetensors"));
  assert.is(validationDue, true);
  await run(out, { max_steps: 3 }, { resume: true });
  const log = readFileSync(join(out, "train.log"), "utf8");
  assert.is(log.match(/epoch \d+: valid loss/g)!.length, 1);
});

/** A run stopped at step 8 whose checkpoints are those of steps 6, after which it was validated, and 8. */
async function stoppedAtEight(name: string): Promise<(file: string) => string> {
  const out = join(home, name);
  mkdirSync(out);
  await runUntil(8, out, {}, false);
  return (file) => join(out, `${file}.safetensors`);
}

const flipBit = (path: string) => {
  const bytes = readFileSync(path);
  bytes[bytes.length >> 1] ^= 4;
  writeFileSync(path, bytes);
};

const DAMAGE: Record<string, [(path: string) => void, RegExp]> = {
  "a flipped bit": [flipBit, /the checkpoint is damaged/],
  "its end missing": [(path) => truncateSync(path, 3000), /cut short|too short|damaged/],
  "no content": [(path) => truncateSync(path, 0), /last\.safetensors/],
  "no file": [(path) => rmSync(path), /no such file/],
};

for (const [name, [damage, reason]] of Object.entries(DAMAGE)) {
  test(`the last checkpoint with ${name}: the one before it is gone on from, and said`, async () => {
    const path = await stoppedAtEight(name);
    const out = join(home, name);
    assert.equal([loadCheckpoint(path("previous")).step, loadCheckpoint(path("last")).step], [6, 8]);
    damage(path("last"));
    const result = await runUntil(9, out, {}, true);
    assert.is(result.steps, 9);
    const log = readFileSync(join(out, "train.log"), "utf8");
    assert.match(
      log,
      /warning: .*last\.safetensors: .*; going on from previous\.safetensors at step 6: 2 steps are taken again\n/,
    );
    assert.match(log, reason);
    assert.equal(
      [loadCheckpoint(path("previous")).step, loadCheckpoint(path("last")).step],
      [6, 9],
      "not the damaged one",
    );
    await run(out, {}, { resume: true });
    assert.equal(outcome(out), outcome(whole));
  });
}

test("both checkpoints damaged: one line says what is left", async () => {
  const path = await stoppedAtEight("both");
  truncateSync(path("last"), 100);
  flipBit(path("previous"));
  const message = await run(join(home, "both"), {}, { resume: true }).then(String, (error: Error) => error.message);
  assert.match(
    message,
    /^.*last\.safetensors: .*; .*previous\.safetensors: the checkpoint is damaged .*; nothing is left to/,
  );
  assert.ok(message.endsWith(`begin anew with another --out, from what is whole there, --set init=${path("best")}`));
});

test("a damaged best checkpoint is noticed when a run goes on, when it is tested, and when it is read", async () => {
  const path = await stoppedAtEight("best");
  const out = join(home, "best");
  flipBit(path("best"));
  const refusal = await (async () => readTrained(path("best")))().catch((error: Error) => error.message);
  assert.match(
    String(refusal),
    /best\.safetensors: the checkpoint is damaged .*; whole, in the same folder: last\.safetensors, previous/,
  );
  await runUntil(9, out, {}, true);
  const warnings = () => readFileSync(join(out, "train.log"), "utf8").match(/warning: .*best\.safetensors.*/g) ?? [];
  assert.match(
    warnings().join(),
    /best\.safetensors: the checkpoint is damaged .*; the best of the validations to come takes its place$/,
  );
  // Damaged between the last validation and the test.
  const { saveLast } = Saver.prototype;
  let times = 0;
  Saver.prototype.saveLast = async function () {
    await saveLast.call(this);
    const at = this.run.course.position;
    if (at.step === 12 && !at.validationDue && times++ === 0) flipBit(path("best"));
  };
  try {
    assert.ok((await run(out, {}, { resume: true })).test);
  } finally {
    Saver.prototype.saveLast = saveLast;
  }
  assert.match(warnings().at(-1)!, /best\.safetensors: the checkpoint is damaged .*; the last weights take its place$/);
  assert.is(loadCheckpoint(path("best")).step, 12);
});

test("a hole in the metrics, and a damaged line, are told and mended where they can be", async () => {
  const path = await stoppedAtEight("hole");
  const out = join(home, "hole");
  const lines = readFileSync(join(out, "metrics.jsonl"), "utf8").split("\n");
  lines[6] = lines[6].replace(/^..../, "\0\0\0\0");
  lines.splice(2, 3, lines[1]);
  writeFileSync(join(out, "metrics.jsonl"), lines.join("\n"));
  await run(out, {}, { resume: true });
  const log = readFileSync(join(out, "train.log"), "utf8");
  assert.match(log, /warning: .*metrics\.jsonl: line 5 is damaged, and left out\n/);
  assert.match(
    log,
    /warning: .*metrics\.jsonl: steps 3, 4, 5 and 7 are missing\n|steps 3, 4, 5 and 1 more are missing\n/,
  );
  assert.equal(
    readMetrics<StepLine>(join(out, "metrics.jsonl")).map((s) => s.step),
    [1, 2, 6, 8, 9, 10, 11, 12],
  );
  assert.equal(outcome(out).last, outcome(whole).last);
  assert.is(loadCheckpoint(path("last")).step, 12);
});

test("what was logged after the checkpoint is cut back, and logged again", async () => {
  const out = join(home, "cut");
  mkdirSync(out);
  // As a run leaves it that was killed in step 8, with a checkpoint every 5 steps.
  await run(out, { max_steps: 5 });
  const lines = readFileSync(join(whole, "metrics.jsonl"), "utf8").split("\n");
  writeFileSync(join(out, "metrics.jsonl"), `${lines.slice(0, 7).join("\n")}\n{"step":8,"ep`);
  writeFileSync(join(out, ".last.safetensors.77-0123abcd-0.tmp"), "half a checkpoint");
  mkdirSync(join(out, "samples"), { recursive: true });
  writeFileSync(join(out, "samples", ".epoch_001.png.77-0123abcd-99-0.tmp"), "half a picture");
  await run(out, {}, { resume: true });
  assert.equal(
    readMetrics<StepLine>(join(out, "metrics.jsonl")).map((s) => s.step),
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
  );
  // Stopping at step 5 has validated there, so the best checkpoint may be another; the weights are not.
  assert.equal(outcome(out).last.bits, outcome(whole).last.bits);
  assert.equal(outcome(out).steps, outcome(whole).steps);
  assert.not.ok(readdirSync(out, { recursive: true }).some((name) => String(name).endsWith(".tmp")));
});

test("checkpoint_every saves between epochs' ends, and changes nothing else", async () => {
  const out = join(home, "often");
  mkdirSync(out);
  await runUntil(2, out, { checkpoint_every: 1 }, false);
  await run(out, { checkpoint_every: 2 }, { resume: true });
  assert.equal(outcome(out), outcome(whole));
});

test("a finished run is finished", async () => {
  const before = outcome(whole);
  const again = await run(whole, {}, { resume: true });
  assert.equal([again.steps, again.interrupted], [12, false]);
  assert.equal(outcome(whole), before);
});

test("a checkpoint that was put into a folder alone goes on, and at its end too", async () => {
  for (const [name, max_steps] of [
    ["on", 14],
    ["end", 12],
  ] as const) {
    const out = join(home, name);
    mkdirSync(out);
    const checkpoint = loadCheckpoint(join(whole, "last.safetensors"));
    await saveCheckpoint(join(out, "last.safetensors"), { ...checkpoint, bestScore: 2 });
    const result = await run(out, { epochs: 5, max_steps }, { resume: true });
    assert.is(result.steps, max_steps);
    assert.ok(result.test, "tested by the best checkpoint since");
  }
});

test("scores by another threshold do not tell which checkpoint is best by this one", async () => {
  const out = join(home, "threshold");
  mkdirSync(out);
  await run(out, { max_steps: 3 });
  const path = join(out, "last.safetensors");
  await saveCheckpoint(path, { ...loadCheckpoint(path), bestScore: 2 });
  const best = () => loadCheckpoint(join(out, "best.safetensors")).step;
  await run(out, { max_steps: 4 }, { resume: true });
  assert.is(best(), 3, "none is better than 2");
  await run(out, { max_steps: 5, select_threshold: 0.12 }, { resume: true });
  assert.is(best(), 5);
});

test("another adapter is warned about, and goes on", async () => {
  const out = join(home, "moved");
  mkdirSync(out);
  await run(out, { max_steps: 4 });
  const path = join(out, "last.safetensors");
  await saveCheckpoint(path, { ...loadCheckpoint(path), adapter: "Some Other GPU" });
  const said: string[] = [];
  const { write } = process.stderr;
  process.stderr.write = ((text: string) => said.push(text)) as unknown as typeof write;
  try {
    assert.is((await run(out, { max_steps: 5 }, { resume: true })).steps, 5);
  } finally {
    process.stderr.write = write;
  }
  assert.match(said.join(""), /^warning: the checkpoint was trained on Some Other GPU; .* not bit for bit\n$/);
});

test("a folder in use is refused before anything in it is touched", async () => {
  const out = join(home, "locked");
  mkdirSync(out);
  await run(out, { max_steps: 1 });
  const before = readdirSync(out).map((name) => [
    name,
    name === "samples" ? "" : readFileSync(join(out, name), "utf8"),
  ]);
  const lock = await lockFolder(out);
  let error: unknown;
  await run(out, { max_steps: 2 }, { resume: true }).catch((e) => (error = e));
  await lock.release();
  assert.match(String(error), /UserError: .*locked: in use by the run/);
  assert.equal(
    readdirSync(out).map((name) => [name, name === "samples" ? "" : readFileSync(join(out, name), "utf8")]),
    before,
  );
});

test.run();
