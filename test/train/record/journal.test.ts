import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { UserError } from "../../../engine/errors/errors";
import type { Dataset } from "../../../train/data/dataset";
import { loadCheckpoint } from "../../../train/files/checkpoint";
import { type Pose, pointsOf } from "../../../train/pose/index";
import { type EvaluationLine, Journal, PHASES, type SessionLine } from "../../../train/record/journal";
import { findWorst } from "../../../train/record/worst";
import { train } from "../../../train/run/train";
import type { Evaluation } from "../../../train/score/evaluate";
import type { StepLine } from "../../../train/step/step-line";
import { testGpu } from "../../helpers/gpu";
import { tinyConfig, writeDataset } from "../../helpers/tiny";

const test = suite("journal");
const root = mkdtempSync(join(tmpdir(), "nsrm-journal-"));
const data = join(root, "data");
test.before(() => writeDataset(data, [5, 3, 4]));
test.after(() => rmSync(root, { recursive: true }));

const folder = (): string => mkdtempSync(join(root, "run-"));
const lines = <T>(out: string, file: string): T[] =>
  readFileSync(join(out, file), "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));

const stepLine = (step: number): StepLine => {
  return {
    step,
    epoch: 1,
    loss: 1,
    cm: 1,
    limb: 0,
    g1: 0,
    g6: 0,
    lr: 1,
    limb_weight: 1,
    grad_norm: 1,
    ms: 1,
    images: 1,
  };
};
const evaluation = (split: string) =>
  ({
    split,
    images: 3,
    loss: 0.5,
    constantLoss: 0.25,
    scores: {
      original: { pck: { 0.1: 0.5 } },
      visible: { pck: { 0.1: 0.25 } },
      meanPose: { original: { 0.1: 0.125 } },
    },
  }) as unknown as Evaluation;
const facts = (step: number) => {
  return { step, total: 9, adapter: { kind: "lavapipe", name: "x" } as const, parameters: 1, images: { train: 5 } };
};

test("what was written beyond the step that is resumed from is taken back", async () => {
  const out = folder();
  const first = await Journal.open(out, 0);
  for (let step = 1; step <= 4; step++) first.step(stepLine(step));
  await first.evaluation(evaluation("valid"), { step: 2, epoch: 1 });
  first.endSession(facts(2));
  await first.evaluation(evaluation("valid"), { step: 4, epoch: 2 });
  first.close();
  const second = await Journal.open(out, 2);
  second.step(stepLine(3));
  await second.evaluation(evaluation("test"), { step: 3, epoch: 2 });
  second.endSession(facts(3));
  second.close();
  assert.equal(
    lines<StepLine>(out, "metrics.jsonl").map(({ step }) => step),
    [1, 2, 3],
  );
  const mean_pose = { 0.1: 0.125 };
  const line = { images: 3, loss: 0.5, constant_loss: 0.25, pck: { 0.1: 0.5 }, visible: { 0.1: 0.25 }, mean_pose };
  assert.equal(lines<EvaluationLine>(out, "evaluations.jsonl"), [
    { step: 2, epoch: 1, split: "valid", ...line },
    { step: 3, epoch: 2, split: "test", ...line },
  ]);
  assert.equal(
    lines<SessionLine>(out, "sessions.jsonl").map(({ from_step, step }) => [from_step, step]),
    [
      [0, 2],
      [2, 3],
    ],
  );
  assert.is(readdirSync(out).filter((name) => name.includes("tfevents")).length, 2);
});

test("time counts to one phase at a time", async () => {
  const out = folder();
  const begun = performance.now();
  const journal = await Journal.open(out, 0);
  const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
  journal.enter("steps");
  await wait(30);
  await journal.during("validation", async () => {
    await wait(60);
    await journal.during("checkpoints", () => wait(90));
  });
  await journal.during("test", () => Promise.reject(new Error("no"))).catch(() => undefined);
  await wait(30);
  journal.endSession(facts(0));
  const whole = performance.now() - begun;
  journal.close();
  const [{ ms }] = lines<SessionLine>(out, "sessions.jsonl");
  assert.equal(Object.keys(ms), [...PHASES]);
  assert.ok(ms.steps >= 55 && ms.validation >= 58 && ms.checkpoints >= 88, JSON.stringify(ms));
  assert.is(ms.pictures, 0);
  assert.ok(Object.values(ms).reduce((sum, v) => sum + v, 0) <= whole + 3, "no time counts twice");
});

test("the worst cases are those with the largest mean error of visible joints", async () => {
  const pose = (n: number): Pose => ({
    name: `${n}`,
    points: new Float64Array(42).fill(50),
    width: 100,
    height: 100,
    tightBox: { x: 0, y: 0, width: 40, height: 20 },
    visible: Array.from({ length: 21 }, (_, j) => j < 10),
  });
  const dataset = {
    size: 5,
    pose: async (n: number) => {
      if (n === 3) throw new UserError("3: torn");
      return pose(n);
    },
  } as unknown as Dataset;
  /** Visible joints `far` off, the others wherever they like. */
  const prediction = (n: number, far: number) => {
    const points = pointsOf(Array.from({ length: 21 }, (_, j) => (j < 10 ? [50 + far, 50] : [500, 500])));
    return { name: `${n}`, points, confidence: null };
  };
  const missing = prediction(4, 0);
  missing.points.fill(Number.NaN, 0, 2);
  const worst = await findWorst(dataset, [prediction(0, 2), prediction(1, 8), prediction(2, 1), missing], 3);
  assert.equal(
    worst.map(({ index, error }) => [index, Math.round(error * 1000) / 1000]),
    [
      [1, 0.2],
      [4, 0.1],
      [0, 0.05],
    ],
  );
});

/** A run of 6 steps with augmentation, 3 an epoch. */
const augment = { rotation: 40, scale: [0.8, 1.2], flip: 0.5, brightness: 0.3, blur: 1, cutout: { probability: 0.5 } };
async function run(out: string, changes: object, resume = false) {
  const config = tinyConfig({ epochs: 2, samples: 1, augment, ...changes });
  return train({ gpu: await testGpu(), config, data, out, silent: true, resume });
}

test("an augmented run that is resumed ends with the same bits; its report tells of both sessions", async () => {
  const [whole, halves, plain] = [folder(), folder(), folder()];
  await run(whole, {});
  await run(halves, { max_steps: 4 });
  await run(halves, {}, true);
  await run(plain, { augment: {}, samples: 0 });
  const bits = (out: string) =>
    [...loadCheckpoint(join(out, "last.safetensors")).parameters].map(([name, { value }]) => [name, [...value]]);
  assert.equal(bits(halves), bits(whole));
  assert.not.equal(bits(plain), bits(whole));
  const losses = (out: string) => lines<StepLine>(out, "metrics.jsonl").map((line) => [line.step, line.loss]);
  assert.equal(losses(halves), losses(whole));

  const sessions = lines<SessionLine>(halves, "sessions.jsonl");
  assert.equal(
    sessions.map(({ from_step, step, total }) => [from_step, step, total]),
    [
      [0, 4, 4],
      [4, 6, 6],
    ],
  );
  assert.ok(sessions.every(({ ms }) => ms.steps > 0 && ms.validation > 0 && ms.checkpoints > 0 && ms.test > 0));
  const validations = lines<EvaluationLine>(halves, "evaluations.jsonl").filter(({ split }) => split === "valid");
  assert.equal(
    validations.map(({ step, epoch }) => [step, epoch]),
    [
      [3, 1],
      [4, 2],
      [6, 2],
    ],
  );
  const html = readFileSync(join(halves, "report.html"), "utf8");
  assert.match(html, "2 sessions");
  assert.match(html, "Where it is worst, test split");
  assert.match(html, "What it is trained on");
  assert.is(JSON.parse(readFileSync(join(halves, "worst", "index.json"), "utf8")).length, 4);
  assert.ok(existsSync(join(halves, "worst", "04.png")) && existsSync(join(plain, "report.html")));
  assert.not.ok(existsSync(join(plain, "worst")), "without samples there are no pictures");
});

test("another augmentation does not go on from the same checkpoint", async () => {
  const out = folder();
  await run(out, { max_steps: 1, samples: 0 });
  let message = "";
  await run(out, { augment: { ...augment, rotation: 41 }, samples: 0 }, true).catch((e) => (message = e.message));
  assert.match(message, /it was trained with augment .*"rotation":40.* this run asks for .*"rotation":41/);
});

test.run();
