import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { UserError } from "../../../engine/errors/errors";
import { isAlive, thisProcess } from "../../../model/files/process";
import { lockFolder } from "../../../train/files/lock";
import { runChild } from "../../helpers/child";

const test = suite("lock");
let folder = "";
test.before.each(() => {
  folder = mkdtempSync(join(tmpdir(), "nsrm-"));
});
test.after.each(() => rmSync(folder, { recursive: true, force: true }));

const holding = (at: string) => `
  import { lockFolder } from "./train/files/lock";
  await lockFolder(${JSON.stringify(at)});
  console.log("locked");
  setInterval(() => {}, 1000);`;

async function refusal(at: string): Promise<string> {
  try {
    await lockFolder(at);
  } catch (error) {
    assert.instance(error, UserError);
    return (error as Error).message;
  }
  throw new Error("the folder could be locked");
}

test("a second run is refused, and let in when the first is done", async () => {
  const out = join(folder, "new/run");
  const first = await lockFolder(out);
  const message = await refusal(out);
  assert.ok(message.startsWith(`${out}: in use by the run`) && message.includes(`process ${process.pid} on`), message);
  await first.release();
  await first.release();
  const second = await lockFolder(out);
  await first.release(); // must not free what is now another's
  assert.ok(existsSync(join(out, "run.lock")));
  await second.release();
  assert.not(existsSync(join(out, "run.lock")));
  assert.not(existsSync(join(out, "run.lock.guard")));
});

test("a folder that was made for a lock alone goes with it; one that was there, or has something in it, stays", async () => {
  const made = join(folder, "made");
  await (await lockFolder(made)).release();
  assert.not(existsSync(made));
  const used = await lockFolder(made);
  writeFileSync(join(made, "a"), "");
  await used.release();
  assert.ok(existsSync(join(made, "a")));
  rmSync(join(made, "a"));
  await (await lockFolder(made)).release();
  assert.ok(existsSync(made));
});

test("a run killed with -9 leaves the folder free at once", async () => {
  const { child, said, ended } = await runChild(holding(folder));
  await said("locked");
  const message = await refusal(folder);
  assert.ok(message.includes(`process ${child.pid}`), message);
  child.kill("SIGKILL");
  const lock = await lockFolder(folder); // which waits no longer than a second
  await ended;
  await lock.release();
});

test("of many that find a dead run's lock at the same moment, one gets it", async () => {
  const dead = { ...thisProcess(), started: "1", token: "dead", since: "then" };
  writeFileSync(
    join(folder, "run.lock"),
    JSON.stringify(process.platform === "linux" ? dead : { ...dead, pid: 2 ** 22 + 1 }),
  );
  const results = await Promise.allSettled(Array.from({ length: 8 }, () => lockFolder(folder)));
  const taken = results.filter((r) => r.status === "fulfilled");
  assert.is(taken.length, 1);
  await taken[0].value.release();
});

test("a lock whose process cannot be seen from here is respected for a minute", async () => {
  const path = join(folder, "run.lock");
  writeFileSync(path, JSON.stringify({ ...thisProcess(), host: "elsewhere", token: "other", since: "then" }));
  const message = await refusal(folder);
  assert.ok(message.includes("on elsewhere") && message.includes(`delete ${path}`), message);
  const old = new Date(Date.now() - 61_000);
  utimesSync(path, old, old);
  const lock = await lockFolder(folder);
  assert.is(JSON.parse(readFileSync(path, "utf8")).pid, process.pid);
  await lock.release();
});

test("life and death of processes", async () => {
  const me = thisProcess();
  assert.is(isAlive(me), "alive");
  assert.is(isAlive({ ...me, pid: 2 ** 22 + 1 }), "dead"); // above every Linux limit
  assert.is(isAlive({ ...me, host: "elsewhere" }), "unknown");
  assert.is(isAlive({ ...me, boot: "before the restart" }), "dead");
  if (me.started !== null) {
    // The same number, given to another process since.
    assert.is(isAlive({ ...me, started: "1" }), "dead");
    assert.is(isAlive({ ...me, namespace: "pid:[1]" }), "unknown");
  }
});

test("a killed process that nobody has collected is dead", async () => {
  const me = thisProcess();
  if (me.started === null) return; // known on Linux only
  // The shell becomes a sleep, which never collects the child that the shell had started.
  const parent = spawn("sh", ["-c", "sleep 60 & echo $!; exec sleep 60"]);
  const pid = await new Promise<number>((done) => parent.stdout.once("data", (data) => done(Number(data))));
  // Until then the shell itself might still collect it.
  while (readFileSync(`/proc/${parent.pid}/comm`, "utf8") !== "sleep\n") await new Promise((d) => setTimeout(d, 5));
  const started = readFileSync(`/proc/${pid}/stat`, "utf8").split(" ")[21];
  assert.is(isAlive({ ...me, pid, started }), "alive");
  process.kill(pid, "SIGKILL");
  const state = () => readFileSync(`/proc/${pid}/stat`, "utf8").split(" ")[2];
  while (state() !== "Z") await new Promise((d) => setTimeout(d, 5));
  assert.is(isAlive({ ...me, pid, started }), "dead");
  parent.kill("SIGKILL");
});

test("a file that is no lock is replaced, a folder that cannot be made is named", async () => {
  writeFileSync(join(folder, "run.lock"), "not ours");
  await (await lockFolder(folder)).release();
  writeFileSync(join(folder, "file"), "");
  const message = await refusal(join(folder, "file/run"));
  assert.ok(message.includes("file/run: cannot create it: a part of its path is not a folder"), message);
});

test.run();
