import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Budget } from "../../../train/course/budget";
import { Course } from "../../../train/course/course";
import { openPhases } from "../../../train/course/phase";
import { Plan } from "../../../train/course/plan";
import { epochOfLastStep, type Position } from "../../../train/course/position";
import type { Checkpoint } from "../../../train/files/checkpoint";
import { initialiseLearner } from "../../../train/run/initialise";
import { train } from "../../../train/run/train";
import { createLearner } from "../../../train/step/setup";
import type { StepLine } from "../../../train/step/step-line";
import { syntheticSource } from "../../../train/synthetic/drawn-source";
import { testGpu } from "../../helpers/gpu";
import { GROWING, HANDS, tinyConfig } from "../../helpers/tiny";

const test = suite("course");
const home = mkdtempSync(join(tmpdir(), "nsrm-"));
test.after(() => rmSync(home, { recursive: true, force: true }));

type Settings = Record<string, unknown>;

/** A course from its beginning, or from a checkpoint, and the records of its steps. */
async function courseOf(settings: Settings, from?: Checkpoint): Promise<{ course: Course; lines: StepLine[] }> {
  const gpu = await testGpu();
  const config = tinyConfig({ ...HANDS, ...settings });
  const budget = new Budget(config);
  const learner = createLearner(gpu, config);
  const plan = new Plan(
    budget,
    openPhases(gpu, budget, (own) => syntheticSource(gpu, own)),
  );
  const lines: StepLine[] = [];
  const course = new Course({ gpu, learner, plan, onStep: (line) => lines.push(line), kept: () => "" });
  if (from) course.restore(from, "a checkpoint");
  else initialiseLearner(learner, config);
  return { course, lines };
}

/** An event and where the run stood then: steps, epoch and batches of it, `due` where a validation is. */
const seen = (event: string, { step, epoch, batchInEpoch, validationDue }: Position): string =>
  `${event} ${step}: ${epoch}.${batchInEpoch}${validationDue ? " due" : ""}`;

/** Drives a course to its end. */
async function drive(course: Course): Promise<string[]> {
  const events: string[] = [];
  for await (const event of course.steps()) events.push(seen(event, course.position));
  return events;
}

const bits = ({ parameters, ...rest }: Checkpoint) => ({
  ...rest,
  parameters: [...parameters].map(([name, { value, moments }]) => [name, value, moments]),
});

test("steps, ends of epochs, and validations come in their order", async () => {
  const { course, lines } = await courseOf({ batch_size: 4, epochs: 4, validate_every: 2, max_steps: 10 });
  assert.equal(await drive(course), [
    ...["step 1: 1.1", "step 2: 1.2", "step 3: 1.3", "epoch 3: 2.0"],
    ...["step 4: 2.1", "step 5: 2.2", "step 6: 2.3", "epoch 6: 3.0 due", "validation 6: 3.0 due"],
    ...["step 7: 3.1", "step 8: 3.2", "step 9: 3.3", "epoch 9: 4.0"],
    ...["step 10: 4.1", "epoch 10: 4.1 due", "validation 10: 4.1 due"],
  ]);
  assert.equal([course.done, epochOfLastStep(course.position)], [true, 4]);
  assert.equal(
    lines.map(({ step, epoch, images }) => [step, epoch, images]),
    Array.from({ length: 10 }, (_, i) => [i + 1, 1 + Math.floor(i / 3), i % 3 === 2 ? 2 : 4]),
  );
  assert.equal(await drive(course), ["validation 10: 4.1 due"], "nothing is left but that");
  await course.close();
});

test("a phase's end is its epoch's, and what is learnt of smaller images is not validated", async () => {
  const { course } = await courseOf({ ...GROWING, epochs: 4 });
  const events = (await drive(course)).filter((event) => !event.startsWith("step"));
  assert.equal(events, [
    ...["epoch 3: 2.0", "epoch 6: 3.0", "epoch 9: 4.0", "epoch 10: 5.0"],
    ...["epoch 15: 6.0", "epoch 20: 7.0 due", "validation 20: 7.0 due"],
  ]);
  await course.close();
});

test("left anywhere and asked again, or gone on with from a checkpoint, the steps are the same, bit for bit", async () => {
  const settings = { ...GROWING, epochs: 1, lr_schedule: "one-cycle", augment: { rotation: 20 } };
  const whole = await courseOf(settings);
  const events = await drive(whole.course);
  const end = bits(await whole.course.checkpoint());
  await whole.course.close();
  const records = (lines: StepLine[]) => lines.map(({ ms: _, ...line }) => line);

  let [all, recorded]: [string[], StepLine[]] = [[], []];
  let checkpoint: Checkpoint | undefined;
  for (let done = false; !done; ) {
    const { course, lines } = await courseOf(settings, checkpoint);
    for (let asked = 0; asked < 2 && !course.done; asked++) {
      const stop = new AbortController();
      for await (const event of course.steps({ stop: stop.signal })) {
        all.push(seen(event, course.position));
        if (asked === 0 && !course.done) break;
        stop.abort();
      }
    }
    checkpoint = await course.checkpoint();
    recorded = [...recorded, ...lines];
    done = course.done;
    await course.close();
  }
  assert.equal(all, events);
  assert.equal(records(recorded), records(whole.lines));
  assert.equal(bits(checkpoint!), end);
});

test("beyond its end a run goes on in its last phase, until it is stopped", async () => {
  const { course, lines } = await courseOf({ epochs: 4, max_steps: 3 });
  await drive(course);
  const stop = new AbortController();
  for await (const event of course.steps({ stop: stop.signal, beyond: true }))
    if (event === "step" && course.position.step === 12) stop.abort();
  assert.is(lines.length, 12);
  assert.is(seen("", course.position), " 12: 3.2");
  await course.close();
});

test("the best score is that of the validations that were accepted", async () => {
  const { course } = await courseOf({ epochs: 1 });
  const { source } = course.plan.main;
  const validation = await course.evaluate(source.split("valid"));
  const scored = (pck: number) => ({
    ...validation,
    scores: { ...validation.scores, original: { ...validation.scores.original, pck: { "0.1": pck } } },
  });
  await drive(course);
  assert.equal([course.position.bestScore, course.position.validationDue], [null, true]);
  course.accept(scored(0.5));
  assert.equal([course.position.bestScore, course.position.validationDue], [0.5, false]);
  assert.equal(
    [0.4, 0.5, 0.6].map((pck) => course.isBest(scored(pck))),
    [false, false, true],
  );
  course.accept(scored(0.4));
  assert.is(course.position.bestScore, 0.5);
  course.forgetBest();
  assert.is(course.isBest(scored(0)), true);
  await course.close();
});

test("Node's driver takes the course as it comes", async () => {
  const settings = { ...GROWING, epochs: 4, validate_every: 2, checkpoint_every: 4 };
  const { course, lines } = await courseOf(settings);
  const events = await drive(course);
  await course.close();
  const taken: string[] = [];
  const { steps } = Course.prototype;
  Course.prototype.steps = async function* (options) {
    for await (const event of steps.call(this, options)) {
      taken.push(seen(event, this.position));
      yield event;
    }
  };
  try {
    const config = tinyConfig({ ...HANDS, ...settings });
    await train({ gpu: await testGpu(), config, out: join(home, "run"), silent: true });
  } finally {
    Course.prototype.steps = steps;
  }
  assert.equal(taken, events);
  const metrics = readFileSync(join(home, "run", "metrics.jsonl"), "utf8")
    .trim()
    .split("\n");
  const records = metrics.map((line) => JSON.parse(line) as StepLine);
  assert.equal(
    records.map(({ ms: _, ...record }) => record),
    lines.map(({ ms: _, ...record }) => record),
  );
});

test.run();
