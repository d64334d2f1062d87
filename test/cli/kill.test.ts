import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, watch, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { loadCheckpoint } from "../../train/files/checkpoint";
import { readMetrics } from "../../train/files/metrics-log";
import { train } from "../../train/run/train";
import { startNsrm } from "../helpers/cli";
import { testGpu } from "../helpers/gpu";
import { outcome } from "../helpers/outcome";
import { tinyConfig, writeDataset } from "../helpers/tiny";

const test = suite("kill");
const home = mkdtempSync(join(tmpdir(), "nsrm-"));
const [data, whole, out, file] = ["data", "whole", "killed", "config.json"].map((name) => join(home, name));

/** 3 steps an epoch, so checkpoints come at epochs' ends and in between; far more than are taken before the last kill. */
const STEPS = 36;
const config = (changes: object = {}) => tinyConfig({ epochs: STEPS / 3, validate_every: 4, samples: 0, ...changes });
const options = { data, silent: true };

test.before(async () => {
  await writeDataset(data, [5, 2, 2]);
  await train({ gpu: await testGpu(), config: config(), out: whole, ...options });
  writeFileSync(file, JSON.stringify(config({ checkpoint_every: 2 })));
});
test.after(() => rmSync(home, { recursive: true, force: true }));

const steps = () => (existsSync(join(out, "metrics.jsonl")) ? readMetrics(join(out, "metrics.jsonl")).length : 0);

const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
};

/** Starts or resumes the run in a process of its own and kills it -9 at the moment that `when` waits for. */
async function runAndKill(when: () => Promise<void>): Promise<void> {
  const { child, ended } = startNsrm(["train", file, "--data", data, "--out", out, "--resume", "--json"]);
  const first = await Promise.race([when().then(() => "killed"), ended]);
  child.kill("SIGKILL");
  const { code, stderr } = await ended;
  assert.equal([first, code, stderr], ["killed", "SIGKILL", ""]);
}

/** Some milliseconds, so that the next moment is anywhere within a step. */
const pause = () => new Promise<void>((resolve) => setTimeout(resolve, 30 * Math.random()));

test("kill -9 at any moment, and the finished run has the same bits", async () => {
  mkdirSync(out);
  const last = join(out, "last.safetensors");
  // Before the first checkpoint.
  await runAndKill(async () => {
    await until(() => steps() >= 1);
  });
  // While a checkpoint is being written: the first of these moments that the watcher sees.
  await runAndKill(async () => {
    await new Promise<void>((resolve) => {
      const watcher = watch(out, (_, name) => {
        if (!name?.startsWith(".last.safetensors.")) return;
        watcher.close();
        resolve();
      });
    });
  });
  const killedAt: number[] = [];
  for (let i = 0; i < 2; i++) {
    const more = steps() + 2 + Math.floor(3 * Math.random());
    await runAndKill(async () => {
      await until(() => steps() >= more && existsSync(last));
      await pause();
    });
    killedAt.push(steps());
    assert.ok(loadCheckpoint(last).step <= steps(), "the log never lags behind the checkpoint");
  }
  assert.ok(steps() < STEPS, `killed at ${killedAt}`);
  const gpu = await testGpu();
  const end = await train({ gpu, config: config({ checkpoint_every: 2 }), out, resume: true, ...options });
  assert.equal([end.steps, end.interrupted], [STEPS, false]);
  assert.equal(outcome(out), outcome(whole), `killed at ${killedAt}`);
});

test("SIGINT and SIGTERM save a checkpoint and end with 130 and 143", async () => {
  const long = join(home, "long.json");
  writeFileSync(long, JSON.stringify(config({ epochs: 100_000, validate_every: 100_000 })));
  rmSync(out, { recursive: true });
  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const) {
    const { child, ended } = startNsrm(["train", long, "--data", data, "--out", out, "--resume"]);
    const from = steps();
    await Promise.race([until(() => steps() >= from + 2), ended]);
    child.kill(signal);
    const end = await ended;
    assert.equal([end.code, end.stderr], [code, ""]);
    const { step } = loadCheckpoint(join(out, "last.safetensors"));
    assert.match(end.stdout, new RegExp(`stopped at step ${step} of 300000; --resume goes on from here`));
    assert.equal([step > from, steps()], [true, step]);
    assert.not.ok(existsSync(join(out, "run.lock")));
  }
  assert.match(readFileSync(join(out, "train.log"), "utf8"), /resumed at step \d+\n/);
});

test.run();
