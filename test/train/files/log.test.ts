import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { UserError } from "../../../engine/errors/errors";
import { openLog } from "../../../train/files/log";
import { MetricsLog, readMetrics } from "../../../train/files/metrics-log";
import { runChild } from "../../helpers/child";

const test = suite("log");
let folder = "";
let path = "";
test.before.each(() => {
  folder = mkdtempSync(join(tmpdir(), "nsrm-"));
  path = join(folder, "metrics.jsonl");
});
test.after.each(() => rmSync(folder, { recursive: true, force: true }));

const steps = () => readMetrics(path).map(({ step }) => step);

test("records are in the file as soon as they are appended", async () => {
  const log = await MetricsLog.open<{ step: number; loss: number }>(path, 0);
  for (let step = 1; step <= 3; step++) log.append({ step, loss: 1 / step });
  assert.is(
    readFileSync(path, "utf8"),
    '{"step":1,"loss":1}\n{"step":2,"loss":0.5}\n{"step":3,"loss":0.3333333333333333}\n',
  );
  log.sync();
  log.close();
});

test("resuming cuts back to the checkpoint's step and goes on from there", async () => {
  const first = await MetricsLog.open(path, 0);
  for (let step = 1; step <= 5; step++) first.append({ step });
  first.close();
  const second = await MetricsLog.open(path, 3);
  assert.equal(steps(), [1, 2, 3]);
  second.append({ step: 4 });
  second.close();
  assert.equal(steps(), [1, 2, 3, 4]);
  assert.equal(readdirSync(folder), ["metrics.jsonl"]);
  (await MetricsLog.open(path, 0)).close();
  assert.equal(steps(), []);
});

test("a line torn by a crash is dropped, a broken one before it is named", async () => {
  writeFileSync(path, '{"step":1}\n{"step":2}\n{"step":3,"lo');
  assert.equal(steps(), [1, 2]);
  const log = await MetricsLog.open(path, 9);
  log.append({ step: 3 });
  log.close();
  assert.equal(steps(), [1, 2, 3]);
  writeFileSync(path, '{"step":1}\n\u0000\u0000\n{"step":3}\n');
  const named = (e: Error) => e instanceof UserError && e.message.includes("metrics.jsonl: line 2 is not a record");
  assert.throws(steps, named);
  writeFileSync(path, '{"step":1}\n{"loss":1}\n');
  assert.throws(steps, named);
  rmSync(path);
  assert.equal(steps(), []);
});

test("a full disk leaves whole lines", async () => {
  const { ended } = await runChild(
    `import { MetricsLog } from "./train/files/metrics-log";
     const log = await MetricsLog.open(${JSON.stringify(path)}, 0);
     try {
       for (let step = 1; ; step++) log.append({ step, text: "x".repeat(100) });
     } catch (e) { console.log(e.name, e.message); }`,
    "ulimit -f 8; exec $RUN",
  );
  const { output } = await ended;
  assert.ok(output.includes("UserError"), output);
  const text = readFileSync(path, "utf8");
  assert.ok(text.endsWith("}\n") && text.length > 3000, `${text.length} bytes`);
  assert.is(steps().length, text.split("\n").length - 1);
});

test("the log has every line with its time, the console without; warnings are never lost", () => {
  const file = join(folder, "train.log");
  const printed: string[] = [];
  const log = openLog({ path: file, print: (line) => printed.push(line) });
  log.info("step 1");
  log.warn("odd");
  assert.equal(printed, ["step 1", "warning: odd"]);
  const quiet = openLog({ path: file, print: null });
  quiet.info("step 2");
  log.record("for the file alone");
  const lines = readFileSync(file, "utf8").trimEnd().split("\n");
  assert.equal(
    lines.map((line) => line.replace(/^\d{4}-\d\d-\d\dT[\d:.]+Z {2}/, "")),
    ["step 1", "warning: odd", "step 2", "for the file alone"],
  );
  const lost = openLog({ path: join(folder, "none/train.log"), print: null });
  assert.throws(
    () => lost.info("x"),
    (e: Error) => e instanceof UserError && e.message.includes("no such file"),
  );
});

test.run();
