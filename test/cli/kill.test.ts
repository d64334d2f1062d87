import { spawn } from "node:child_process";
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

const long = join(home, "long.json");
/** A run of which no test sees the end. */
const endless = (changes: object = {}) => {
  writeFileSync(long, JSON.stringify(config({ epochs: 100_000, validate_every: 100_000, ...changes })));
  rmSync(out, { recursive: true, force: true });
};
const told = (signal: string) =>
  `nsrm: ${signal}: ending after what is in progress; the signal again ends it at once\n`;

test("SIGINT, SIGTERM and SIGHUP save a checkpoint and end with 130, 143 and 129", async () => {
  endless();
  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const) {
    const { child, ended } = startNsrm(["train", long, "--data", data, "--out", out, "--resume"]);
    const from = steps();
    await Promise.race([until(() => steps() >= from + 2), ended]);
    child.kill(signal);
    if (signal !== "SIGTERM") child.kill(signal); // as npx, and a shell that is closed, pass on what came already
    const end = await ended;
    assert.equal([end.code, end.stderr], [code, told(signal)]);
    const { step } = loadCheckpoint(join(out, "last.safetensors"));
    assert.match(end.stdout, new RegExp(`stopped at step ${step} of 300000; --resume goes on from here`));
    assert.equal([step > from, steps()], [true, step]);
    assert.not.ok(existsSync(join(out, "run.lock")));
  }
  assert.match(readFileSync(join(out, "train.log"), "utf8"), /resumed at step \d+\n/);
});

test("started under nohup, a run does not hear that its terminal was closed", async () => {
  endless();
  const args = ["train", long, "--data", data, "--out", out, "--resume", "--json"];
  const start = [
    // bash and its kin say what they ran, also to what nohup becomes.
    () => startNsrm(args, { _: "/usr/bin/nohup" }).child,
    () => spawn("sh", ["-c", `trap '' HUP; "${process.execPath}" bin/nsrm.mjs ${args.join(" ")}; exit $?`]),
  ];
  for (const begin of start) {
    const child = begin();
    const ended = new Promise((resolve) => child.on("close", resolve));
    const running = await runningIn(out);
    process.kill(running, "SIGHUP");
    const before = steps();
    await Promise.race([until(() => steps() >= before + 5), ended]);
    assert.is(child.exitCode, null);
    process.kill(running, "SIGTERM");
    await ended;
  }
});

/** The process that holds a run's folder and takes steps there. */
async function runningIn(folder: string): Promise<number> {
  const from = steps();
  await until(() => existsSync(join(folder, "run.lock")) && steps() >= from + 2);
  return JSON.parse(readFileSync(join(folder, "run.lock"), "utf8")).pid;
}

test.run();
