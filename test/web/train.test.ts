import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { openGpu } from "../../engine/adapters/node";
import type { Gpu } from "../../engine/core/gpu";
import { type Config, resolveConfig } from "../../train/config/resolve";
import { type Checkpoint, loadCheckpoint } from "../../train/files/checkpoint";
import { readMetrics } from "../../train/files/metrics-log";
import { train } from "../../train/run/train";
import type { StepLine } from "../../train/step/step-line";
import { attack } from "../helpers/attack";
import { type OpenPage, openPage } from "../helpers/browser";
import { TINY } from "../helpers/tiny";

const test = suite("web: Train");
const home = mkdtempSync(join(tmpdir(), "nsrm-web-"));
let open: OpenPage | null;
/** The driver that the browser uses too: another rounds the synthetic images' edges in other ways. */
let gpu: Gpu;

test.before(async () => {
  gpu = await openGpu({ adapter: "swiftshader" });
  open = await openPage("train");
});
test.after(async () => {
  rmSync(home, { recursive: true, force: true });
  await gpu.close();
  await open?.close();
});

/** A run on synthetic hands, small enough for a software driver in a browser. */
function experiment(steps: number, changes: Record<string, unknown> = {}): Config {
  const settings = {
    dataset: "synthetic",
    widths: TINY,
    image_size: 48,
    init: "he",
    batch_size: 4,
    learning_rate: 1e-3,
    loss_norm: "map",
    epochs: 50,
    max_steps: steps,
    samples: 0,
    synthetic: { count_train: 40, count_valid: 4, count_test: 4 },
    ...changes,
  };
  return resolveConfig(settings, "test").config;
}

/** Trains in Node up to a step, from the checkpoint in the folder if there is one. @returns the losses by step */
async function inNode(out: string, steps: number, resume: boolean): Promise<Map<number, number>> {
  await train({ gpu, config: experiment(steps), out, resume, silent: true });
  return lossesOf(readMetrics<StepLine>(join(out, "metrics.jsonl")));
}

/** Trains in the page until a step at least. @returns the step at which it paused */
async function inPage({ page }: OpenPage, steps: number): Promise<number> {
  await page.getByRole("button", { name: /^(Train|Go on)$/ }).click();
  const reached = new RegExp(`^(${Array.from({ length: 60 }, (_, i) => steps + i).join("|")})( of \\d+)?$`);
  await page.locator("dt:text-is('step') + dd", { hasText: reached }).waitFor({ timeout: 120_000 });
  await page.getByRole("button", { name: "Pause" }).click();
  const paused = await page.getByText(/^paused at step \d+$/).textContent();
  return Number(/\d+/.exec(paused!)![0]);
}

async function pageLog({ page, saved }: OpenPage): Promise<StepLine[]> {
  const log = String(await saved(() => page.getByRole("button", { name: "Save the log" }).click()));
  const lines = log.trim().split("\n");
  return lines.map((line) => JSON.parse(line));
}

const lossesOf = (lines: readonly StepLine[]): Map<number, number> =>
  new Map(lines.map(({ step, loss }) => [step, loss]));

/** The next five losses after a step are equal within 1e-4. */
function assertSameLosses(page: Map<number, number>, node: Map<number, number>, after: number, what: string): void {
  for (let step = after + 1; step <= after + 5; step++) {
    const [here, there] = [page.get(step)!, node.get(step)!];
    assert.ok(Math.abs(here - there) <= 1e-4 * there, `${what}, step ${step}: ${here} in the page, ${there} in Node`);
  }
}

test("a run of Node goes on in the page, and the page's in Node; the loss falls", async () => {
  if (!open) return;
  const { page, saved } = open;
  const out = join(home, "node");
  // Adam's first steps blow rounding up: a weight whose gradient is all but 0 moves as far as any other.
  await inNode(out, 10, false);
  await page.getByLabel("Go on from a checkpoint").setInputFiles(join(out, "last.safetensors"));
  await page.getByText("at step 10, ready to go on").waitFor();
  const step = await inPage(open, 40);
  const first = lossesOf(await pageLog(open));
  assertSameLosses(first, await inNode(out, 15, true), 10, "Node's run in the page");
  const losses = [...first.values()];
  const mean = (values: number[]) => values.reduce((sum, v) => sum + v, 0) / values.length;
  assert.ok(mean(losses.slice(-5)) < 0.9 * mean(losses.slice(0, 5)), `the loss falls: ${losses}`);

  const checkpoint = await saved(() => page.getByRole("button", { name: "Download the checkpoint" }).click());
  const other = join(home, "page");
  mkdirSync(other);
  writeFileSync(join(other, "last.safetensors"), checkpoint);
  await inPage(open, step + 5);
  assertSameLosses(lossesOf(await pageLog(open)), await inNode(other, step + 5, true), step, "the page's run in Node");
  await open.keepPictures("train");
});

test("the page and Node take the same course: sizes, epochs, rates, and where it ends", async () => {
  if (!open) return;
  const { page, saved } = open;
  const out = join(home, "course");
  const settings = { progressive: [{ share: 0.5, image_size: 24, batch_size: 8 }], lr_schedule: "one-cycle" };
  const config = experiment(14, { ...settings, limbc: 7, group: "G6", weight_decay: 2 });
  const run = (stop?: AbortSignal) => train({ gpu, config, out, resume: true, silent: true, stop });
  const last = () => loadCheckpoint(join(out, "last.safetensors"));

  await run(AbortSignal.abort());
  assert.is(last().step, 0);
  await page.getByLabel("Go on from a checkpoint").setInputFiles(join(out, "last.safetensors"));
  await page.getByText("at step 0, ready to go on").waitFor();
  await page.getByRole("button", { name: "Train", exact: true }).click();
  await page.getByText("done: 14 steps").waitFor({ timeout: 120_000 });
  const lines = await pageLog(open);
  const file = join(home, "course.safetensors");
  writeFileSync(file, await saved(() => page.getByRole("button", { name: "Download the checkpoint" }).click()));

  await run();
  const seen = ({ step, epoch, images, lr, limb_weight }: StepLine) => ({ step, epoch, images, lr, limb_weight });
  assert.equal(lines.map(seen), readMetrics<StepLine>(join(out, "metrics.jsonl")).map(seen));
  assert.equal(
    lines.map(({ images }) => images),
    [...[8, 8, 8, 8, 8, 8, 8], ...Array(7).fill(4)],
  );
  const place = ({ step, epoch, batchInEpoch, seed, config }: Checkpoint) => [step, epoch, batchInEpoch, seed, config];
  const there = loadCheckpoint(file);
  assert.equal(place(there), place(last()));
  assert.equal(
    [there.validationDue, last().validationDue],
    [true, false],
    "the page has not validated its last weights",
  );
});

test("a checkpoint takes the place of a run under way; the network in training can be looked at", async () => {
  if (!open) return;
  const { page } = open;
  await page.getByRole("button", { name: "Go on", exact: true }).click();
  await page.getByRole("button", { name: "Pause" }).waitFor();
  await page.getByText("training", { exact: true }).waitFor();
  const pick = page.getByLabel("Go on from a checkpoint");
  await pick.setInputFiles({ name: "noise.safetensors", mimeType: "", buffer: Buffer.from("no such file at all") });
  await page.getByText(/^noise\.safetensors: not a safetensors file/).waitFor();
  const step = page.locator("dt:text-is('step') + dd");
  const before = await step.textContent();
  while ((await step.textContent()) === before) await page.waitForTimeout(20);
  assert.is(await page.getByText(/^noise\.safetensors/).count(), 1, "the steps that follow leave the message in sight");

  await pick.setInputFiles(join(home, "node", "last.safetensors"));
  await page.getByText("at step 15, ready to go on").waitFor();
  await page.waitForTimeout(200);
  assert.is(await page.getByText("at step 15, ready to go on").count(), 1, "the run that it ended says nothing more");

  await page.getByRole("link", { name: "Predict" }).click();
  await page.getByText(/^the network in training: NSRM/).waitFor();
  await page.getByText(/ms a frame/).waitFor({ timeout: 60_000 });
  await page.getByRole("link", { name: "Train", exact: true }).click();
});

test("damaged checkpoints are refused in words, soon, and in little memory", async () => {
  if (open) await attack(open.page, ["checkpoint"], 80, 1);
});

test("a file that is no checkpoint is refused in one line, and the run stays", async () => {
  if (!open) return;
  const { page } = open;
  const pick = (name: string, bytes: Buffer) =>
    page
      .getByLabel("Go on from a checkpoint")
      .setInputFiles({ name, mimeType: "application/octet-stream", buffer: bytes });
  await pick("noise.safetensors", Buffer.from("no such file at all"));
  await page.getByText(/^noise\.safetensors: not a safetensors file/).waitFor();
  const checkpoint = await open.saved(() => page.getByRole("button", { name: "Download the checkpoint" }).click());
  checkpoint[checkpoint.length - 100] ^= 1;
  await pick("altered.safetensors", checkpoint);
  await page.getByText(/^altered\.safetensors: the checkpoint is damaged/).waitFor();
  assert.ok(await page.getByRole("button", { name: "Go on", exact: true }).isEnabled());
});

test.run();
