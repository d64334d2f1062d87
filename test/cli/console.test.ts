import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { tinyConfig } from "../helpers/tiny";

const test = suite("a console that fails");
const home = mkdtempSync(join(tmpdir(), "nsrm-"));
const config = join(home, "tiny.json");
const synthetic = { count_train: 4, count_valid: 2, count_test: 2 };
test.before(() => {
  writeFileSync(config, JSON.stringify(tinyConfig({ dataset: "synthetic", limb_mask: "LPM", synthetic, samples: 0 })));
});
test.after(() => rmSync(home, { recursive: true, force: true }));

/** Runs the command line under a shell, which closes or replaces its output. */
function shell(line: (nsrm: string) => string): Promise<{ code: number | null; stderr: string }> {
  const child = spawn("bash", ["-c", line(`"${process.execPath}" bin/nsrm.mjs`)]);
  let stderr = "";
  child.stderr.on("data", (chunk) => (stderr += chunk));
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, stderr })));
}

const runs = (name: string) => `train ${config} --max-steps 2 --out ${join(home, name)}`;
const LOST = /^nsrm: standard output could not take all that was printed: ENOSPC[^\n]*\n$/;
const hasFull = existsSync("/dev/full");

test("a run goes on to its end without its console", async () => {
  const piped = shell((nsrm) => `${nsrm} ${runs("piped")} | head -1 >/dev/null; exit \${PIPESTATUS[0]}`);
  const closed = shell((nsrm) => `${nsrm} ${runs("closed")} >&- 2>&-`);
  assert.equal([await piped, await closed], new Array(2).fill({ code: 0, stderr: "" }));
  if (hasFull) {
    const { code, stderr } = await shell((nsrm) => `${nsrm} ${runs("full")} >/dev/full`);
    assert.is(code, 0, stderr);
    assert.match(stderr, LOST);
    assert.equal(await shell((nsrm) => `${nsrm} ${runs("both")} >/dev/full 2>&1`), { code: 0, stderr: "" });
  }
  for (const name of ["piped", "closed", ...(hasFull ? ["full", "both"] : [])]) {
    assert.match(readFileSync(join(home, name, "train.log"), "utf8"), /done: 2 steps; .*\n.*report: .*\n$/s, name);
  }
});

test("what nobody reads is no error; what is lost on a full disk is", async () => {
  for (const verb of ["--help", "--version", "doctor", "train nowhere"]) {
    const { stderr } = await shell((nsrm) => `${nsrm} ${verb} | true`);
    assert.is(stderr.replace(/^nsrm: nowhere: no such file[^\n]*\n$/, ""), "", verb);
    if (!hasFull || verb.startsWith("train")) continue;
    const { code, stderr: said } = await shell((nsrm) => `${nsrm} ${verb} >/dev/full`);
    assert.is(code, 1, verb);
    assert.match(said, LOST);
  }
});

test.run();
