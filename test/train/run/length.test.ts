import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readMetrics } from "../../../train/files/metrics-log";
import { type EvaluationLine, Journal } from "../../../train/record/journal";
import { train } from "../../../train/run/train";
import { oneCycle } from "../../../train/step/schedule";
import type { StepLine } from "../../../train/step/step-line";
import { testGpu } from "../../helpers/gpu";
import { outcome } from "../../helpers/outcome";
import { GROWING, HANDS, tinyConfig } from "../../helpers/tiny";

const test = suite("how long a run is");
const home = mkdtempSync(join(tmpdir(), "nsrm-"));
test.after(() => rmSync(home, { recursive: true, force: true }));

type Settings = Record<string, unknown>;

/** A stop signal that comes at the n-th time it is looked for: after about as many steps. */
const stopAfter = (n: number) => {
  const stop = new AbortController();
  let asked = 0;
  Object.defineProperty(stop.signal, "aborted", {
    get() {
      if (++asked === n + 1) stop.abort();
      return asked > n;
    },
  });
  return stop.signal;
};

async function run(folder: string, settings: Settings, stop?: AbortSignal) {
  const out = join(home, folder);
  const result = await train({
    ...{ gpu: await testGpu(), config: tinyConfig({ ...HANDS, ...settings }) },
    ...{ out, silent: true, resume: true, stop },
  });
  const json = (name: string) => JSON.parse(readFileSync(join(out, name), "utf8"));
  const metrics = readMetrics<StepLine>(join(out, "metrics.jsonl"));
  return { out, result, config: json("config.json"), metrics, log: readFileSync(join(out, "train.log"), "utf8") };
}

test("a run whose sizes grow, stopped wherever it is, ends with the bits of one that was not", async () => {
  const settings = { ...GROWING, epochs: 4, lr_schedule: "one-cycle", decoder: "taylor", weight_decay: 1 };
  const whole = await run("whole", settings);
  assert.equal(
    whole.metrics.map(({ images }) => images),
    [...[4, 4, 2, 4, 4, 2, 4, 4, 2, 4], ...Array(10).fill(2)],
  );
  assert.equal(
    whole.metrics.map(({ epoch }) => epoch),
    [...[1, 1, 1, 2, 2, 2, 3, 3, 3, 4], ...Array(5).fill(5), ...Array(5).fill(6)],
  );
  assert.match(
    whole.log,
    /20 steps of batch 2 at 32 px\n.*of these: steps 1 to 10 at 16 px, batch 4; steps 11 to 15 at 24 px, batch 2; validation comes after them\n/,
  );
  const evaluated = readMetrics<EvaluationLine>(join(whole.out, "evaluations.jsonl"));
  assert.equal(
    evaluated.map(({ step, split }) => [step, split]),
    [
      [20, "valid"],
      [20, "test"],
    ],
  );
  let sessions = 0;
  for (let done = false; !done; sessions++) done = !(await run("parts", settings, stopAfter(3))).result.interrupted;
  assert.ok(sessions > 4, `${sessions}`);
  const [a, b] = [outcome(whole.out), outcome(join(home, "parts"))];
  assert.equal([b.steps, b.last.bits], [a.steps, a.last.bits]);
});

test("a run that was shortened to where its sizes change, and lengthened again, goes on as one that was not", async () => {
  const settings = { ...GROWING, epochs: 4, lr_decay_epoch: 0, weight_decay: 0 };
  const whole = await run("not-shortened", settings);
  assert.is((await run("shortened", settings, stopAfter(3))).result.interrupted, true);
  assert.is((await run("shortened", { ...settings, max_steps: 10 })).result.steps, 10);
  await run("shortened", settings);
  const [a, b] = [outcome(whole.out), outcome(join(home, "shortened"))];
  assert.equal([b.steps, b.last.bits], [a.steps, a.last.bits]);
});

test("where few steps fit the minutes the variant for that case is taken, said, recorded and resumed", async () => {
  const settings = {
    ...{ minutes: 0.0001, epochs: 20, lr_decay_epoch: 10 },
    when_slow: { steps: 1000, set: { learning_rate: 2e-3, progressive: [{ share: 0.5, image_size: 16 }] } },
  };
  const whole = await run("slow", settings);
  assert.equal([whole.result.steps, whole.config.max_steps, whole.config.when_slow], [20, 20, null]);
  assert.equal(whole.config.progressive, [{ share: 0.5, image_size: 16, steps: 10 }]);
  assert.match(
    whole.log,
    /20 steps would fit 0\.0001 minutes on this adapter, fewer than 1000; .* learning_rate 0\.002/,
  );
  assert.equal(
    whole.metrics.map(({ lr }) => lr),
    [...Array(10).fill(2e-3), ...Array(10).fill(1e-3)],
  );
  const begun = await run("slow-parts", settings, stopAfter(3));
  assert.is(begun.result.interrupted, true);
  const ended = await run("slow-parts", { ...settings, minutes: 60 }); // what was measured at the beginning holds
  assert.is(ended.result.steps, 20);
  const [a, b] = [outcome(whole.out), outcome(ended.out)];
  assert.equal([b.steps, b.last.bits], [a.steps, a.last.bits]);

  const fewer = { ...settings, max_steps: 15 };
  assert.is((await run("slow-fewer", settings, stopAfter(3))).result.interrupted, true);
  assert.is((await run("slow-fewer", fewer)).result.steps, 15);

  const usual = await run("fast", { ...settings, when_slow: { ...settings.when_slow, steps: 20 } });
  assert.equal([usual.config.learning_rate, usual.config.progressive], [1e-3, []]);
});

test("a signal while a run's length is measured ends it, and nothing is written", async () => {
  const gpu = await testGpu();
  const before = gpu.pool.liveBytes;
  const out = join(home, "signal");
  const stop = new AbortController();
  stop.abort();
  const config = tinyConfig({ ...HANDS, minutes: 1 });
  let error: unknown;
  await train({ gpu, config, out, silent: true, stop: stop.signal }).catch((e) => (error = e));
  assert.is(error, stop.signal.reason);
  assert.equal([existsSync(out), gpu.pool.liveBytes], [false, before]);
});

test("a resumed run of minutes takes no more steps than it is asked for; more than fit are had without the minutes", async () => {
  const settings = { minutes: 0.0001, epochs: 20 };
  assert.is((await run("minutes", settings, stopAfter(3))).result.interrupted, true);
  const fewer = await run("minutes", { ...settings, max_steps: 8 });
  assert.equal([fewer.result.steps, fewer.result.interrupted], [8, false]);
  const cap = await run("minutes-whole", settings);
  assert.is(cap.result.steps, 20);
  const more = await run("minutes-whole", { ...settings, max_steps: 23 });
  assert.is(more.result.steps, 20);
  assert.match(more.log, /note: the 20 steps that fit 0\.0001 minutes are done; --set minutes=null goes on to 23\n/);
  assert.is((await run("minutes-whole", { ...settings, minutes: null, max_steps: 23 })).result.steps, 23);
});

test("how many steps fit the minutes is known to the first checkpoint, whatever becomes of config.json", async () => {
  const settings = { minutes: 0.0001, epochs: 20 };
  const { step } = Journal.prototype;
  Journal.prototype.step = () => {
    throw new Error("killed before the first checkpoint of an epoch");
  };
  try {
    const failure = await run("edited", settings).catch((error: Error) => error.message);
    assert.match(String(failure), /^killed/);
  } finally {
    Journal.prototype.step = step;
  }
  const path = join(home, "edited", "config.json");
  const config = JSON.parse(readFileSync(path, "utf8"));
  assert.is(config.max_steps, 20);
  for (const spoilt of [JSON.stringify({ ...config, max_steps: 7 }), "{"]) {
    writeFileSync(path, spoilt);
    const { result } = await run("edited", settings);
    assert.is(result.steps, 20);
  }
});

test("sample pictures show the joints as the experiment reads them", async () => {
  const picture = async (decoder: string) => {
    const { out } = await run(`samples-${decoder}`, { decoder, epochs: 1, samples: 1 });
    return { picture: readFileSync(join(out, "samples/epoch_001.png"), "base64"), bits: outcome(out).last.bits };
  };
  const [argmax, taylor] = [await picture("argmax"), await picture("taylor")];
  assert.equal(taylor.bits, argmax.bits);
  assert.is.not(taylor.picture, argmax.picture);
});

test("a changed number of steps changes the cycle, and is said", async () => {
  const settings = { lr_schedule: "one-cycle", max_steps: 3 };
  await run("cycle", settings);
  const { log, metrics } = await run("cycle", { ...settings, max_steps: 5 });
  assert.match(log, /the learning rate's one cycle was planned over 3 steps; from here on it is that of 5/);
  assert.is(metrics[4].lr, oneCycle(1e-3, 4 / 5));
});

test.run();
