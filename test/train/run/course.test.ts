import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { UserError } from "../../../engine/device/errors";
import { configFrom } from "../../../train/config/load";
import { slowVariant } from "../../../train/config/resolve";
import { readMetrics } from "../../../train/files/metrics-log";
import { type EvaluationLine, Journal } from "../../../train/record/journal";
import { Course, openParts } from "../../../train/run/course";
import { train } from "../../../train/run/train";
import { oneCycle } from "../../../train/step/schedule";
import type { StepLine } from "../../../train/step/step-line";
import { syntheticSource } from "../../../train/synthetic/source";
import { testGpu } from "../../helpers/gpu";
import { outcome } from "../../helpers/outcome";
import { tinyConfig } from "../../helpers/tiny";

const test = suite("course");
const home = mkdtempSync(join(tmpdir(), "nsrm-"));
test.after(() => rmSync(home, { recursive: true, force: true }));

type Settings = Record<string, unknown>;
const HANDS = { dataset: "synthetic", synthetic: { count_train: 10, count_valid: 2, count_test: 2 }, samples: 0 };
const GROWING = {
  progressive: [
    { share: 0.5, image_size: 16, batch_size: 4 },
    { share: 0.25, image_size: 24 },
  ],
};

/** A course over 10 images: 3 batches of 4 an epoch, 5 batches of 2. */
async function courseOf(settings: Settings): Promise<Course> {
  const gpu = await testGpu();
  const config = tinyConfig({ ...HANDS, ...settings });
  return new Course(
    config,
    openParts(gpu, config, (own) => syntheticSource(gpu, own)),
  );
}

test("parts have their shares of the steps, and the last one what is left", async () => {
  const course = await courseOf({ ...GROWING, epochs: 4 });
  assert.is(course.total, 20);
  const sizes = Array.from({ length: 22 }, (_, i) => {
    const { config, perPass } = course.partAt(i + 1);
    assert.is(perPass, config.batch_size);
    return `${config.image_size}x${config.batch_size}`;
  });
  assert.equal(sizes, [...Array(10).fill("16x4"), ...Array(5).fill("24x2"), ...Array(7).fill("32x2")]);
  assert.equal(
    [10, 15, 20, 9].map((step) => course.endsPart(step)),
    [true, true, false, false],
  );
  // 10 steps of 3 an epoch, 5 of 5, 5 of 5.
  assert.is(course.epochs, 4 + 1 + 1);
  assert.equal(course.describe(), ["steps 1 to 10 at 16 px, batch 4", "steps 11 to 15 at 24 px, batch 2"]);
  assert.equal(
    course.config.progressive.map(({ steps }) => steps),
    [10, 5],
  );
});

test("steps that were fixed before stay, however long the run is now", async () => {
  const { config } = await courseOf({ ...GROWING, epochs: 4 });
  const longer = await courseOf({ progressive: config.progressive, epochs: 40 });
  assert.equal([longer.total, longer.describe()[1]], [200, "steps 11 to 15 at 24 px, batch 2"]);
  const shorter = await courseOf({ progressive: config.progressive, epochs: 4, max_steps: 12 });
  assert.equal(shorter.describe(), ["steps 1 to 10 at 16 px, batch 4", "steps 11 to 12 at 24 px, batch 2"]);
  assert.is(shorter.endsPart(12), false);
});

test("epochs are those that the steps make", async () => {
  assert.is((await courseOf({ epochs: 60 })).epochs, 60);
  assert.is((await courseOf({ epochs: 60, max_steps: 55 })).epochs, 11);
});

test("what is planned by epochs comes in its proportion where minutes fix the steps, and by true epochs elsewhere", async () => {
  const planned = { epochs: 60, lr_decay_epoch: 20, weight_decay: 30, w_decay_ratio: 0.1, weight: 1 };
  const within = await courseOf({ ...planned, minutes: 1, max_steps: 90 });
  const at = (course: Course, step: number) => {
    const { lr, limbWeight } = course.scheduleAt(step, 1 + Math.floor((step - 1) / 5));
    return [lr, limbWeight];
  };
  assert.equal(at(within, 30), [1e-3, 1]);
  assert.equal(at(within, 31), [5e-4, 1]);
  assert.equal(at(within, 45), [5e-4, 0.1]); // planned epoch 30 of 60 begins after 43.5 of 90 steps
  assert.equal(at(within, 44), [5e-4, 1]);
  assert.equal(at(within, 90), [2.5e-4, 0.1 * 0.1]); // epoch 60 has begun
  assert.equal(at(within, 91), [2.5e-4, 0.1 * 0.1]);
  const cut = await courseOf({ ...planned, max_steps: 90 });
  assert.equal(at(cut, 90), [1e-3, 1]);
  const all = await courseOf({ ...planned, minutes: 1 });
  for (const step of [1, 100, 101, 145, 146, 300]) {
    assert.equal(at(all, step), at(await courseOf(planned), step), `step ${step}`);
  }
});

test("one cycle rises to the peak, and comes down to a hundredth of it", async () => {
  const near = (got: number, want: number) => assert.ok(Math.abs(got - want) < 1e-12, `${got}, not ${want}`);
  near(oneCycle(2, 0), 0.2);
  near(oneCycle(2, 0.075), 1.1);
  near(oneCycle(2, 0.15), 2);
  near(oneCycle(2, 0.575), 1.01);
  near(oneCycle(2, 1), 0.02);
  near(oneCycle(2, 3), 0.02);
  const course = await courseOf({ lr_schedule: "one-cycle", epochs: 4 });
  assert.equal(course.scheduleAt(8, 1).lr, oneCycle(1e-3, 7 / 20));
});

test("what cannot be a course is refused by name", () => {
  const refused = (settings: Settings, message: RegExp) => {
    let error: unknown;
    try {
      tinyConfig({ ...HANDS, ...settings });
    } catch (e) {
      error = e;
    }
    assert.instance(error, UserError);
    assert.match((error as Error).message, message);
  };
  const half = { share: 0.5, image_size: 16 };
  refused(
    { progressive: [half, half] },
    /^test: progressive: expected shares that leave some steps for the end, got 1 /,
  );
  refused({ progressive: [{ ...half, image_size: 20 }] }, /^test: progressive: expected a list of objects .*, got /);
  refused({ when_slow: { steps: 9, set: { widht: 1 } } }, /^tiny: when_slow\.set: unknown key "widht"/);
  refused({ when_slow: { steps: 9, set: { width: 0 } } }, /^tiny: when_slow\.set: width: expected a factor/);
});

test("what is asked for by name, a variant for slow adapters does not change", () => {
  const settings = () => ({
    ...{ dataset: "HandDataset_LPM", width: 0.25, image_size: 64 },
    when_slow: { steps: 9, set: { width: 0.125, image_size: 32, widths: { hid: 5 } } },
  });
  const slow = (...sets: string[]) => slowVariant(configFrom(settings(), "x", sets).config)!;
  assert.equal([slow().width, slow().image_size, slow().when_slow], [0.125, 32, null]);
  const asked = slow("width=0.5", "widths.hid=7");
  assert.equal([asked.width, asked.image_size, asked.widths], [0.5, 32, { hid: 7 }]);
});

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
