import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { nsrm } from "../helpers/cli";

const test = suite("nsrm bench");
const temporary = mkdtempSync(join(tmpdir(), "nsrm-bench-"));
test.after(() => rmSync(temporary, { recursive: true }));
const at = (name: string) => join(temporary, name);
const TINY = ["width=0.02", "image_size=16", "batch_size=1"].flatMap((set) => ["--set", set]);

test("all: a part that fails costs no other, and what was measured before is kept", async () => {
  const all = (...args: string[]) => nsrm(["bench", "all", "--out", temporary, "--steps", "1", ...TINY, ...args]);
  const sweep = ["--batches", "1", "--sizes", "none", "--widths", "none"];
  const first = await all("--only", "memory,sweep,kernels-full", ...sweep, "--layers", "no such layer");
  assert.is(first.code, 1);
  assert.match(first.stderr, /^nsrm: --layers no such layer: .*\nnsrm: bench kernels-full did not end well/m);
  assert.not(existsSync(at("results/kernels-full.json")));
  const { kind, command } = JSON.parse(readFileSync(at("results/sweep.json"), "utf8"));
  assert.is(kind, "sweep");
  assert.match(command, /^npx nsrm bench sweep --steps 1 --batches 1 --sizes none --widths none --set width=0\.02 /);
  const before = readFileSync(at("RESULTS.md"), "utf8");
  assert.match(before, /## Memory for time[\s\S]*## How cost grows/);

  const second = await all("--only", "sweep", ...sweep);
  assert.is(second.code, 0);
  assert.match(readFileSync(at("RESULTS.md"), "utf8"), /## Memory for time[\s\S]*## How cost grows/);

  const files = ["memory", "sweep"].map((name) => at(`results/${name}.json`));
  const report = await nsrm(["bench", "report", ...files, "--md", at("again.md")]);
  assert.is(report.code, 0);
  assert.is(readFileSync(at("again.md"), "utf8"), readFileSync(at("RESULTS.md"), "utf8"), "made of the JSON alone");
});

test("what cannot be measured is said in one line, exit code 2", async () => {
  writeFileSync(at("other.json"), "[1]");
  const refused: [args: string[], why: RegExp][] = [
    [["all", "--only", "everything"], /^nsrm: --only everything: expected any of roofline, step, /],
    [["memory", "--segments", "1.5"], /^nsrm: --segments 1\.5: expected whole numbers from 0 to 10$/],
    [["sweep", "--batches", "0"], /^nsrm: --batches 0: expected none or numbers/],
    [["step", "--peer", "torch"], /^nsrm: --peer torch: bench step expects none or any of tfjs, jax-js/],
    [
      ["step", "--peer", "tfjs", "--set", "precision=mixed"],
      /^nsrm: --peer tfjs: computes in float32 alone; with precision=mixed expected none$/,
    ],
    [["first-step", "torch"], /^nsrm: bench first-step torch: expected nsrm, tfjs.* or /],
    [["first-step", "jax-js"], /^nsrm: jax-js has no training step$/],
    [["report", at("other.json")], /other\.json: expected figures written by nsrm bench/],
  ];
  const ended = await Promise.all(refused.map(([args]) => nsrm(["bench", ...args])));
  for (const [i, { code, stderr }] of ended.entries()) {
    assert.equal([code, stderr.trimEnd().split("\n").length], [2, 1], stderr);
    assert.match(stderr.trimEnd(), refused[i][1]);
  }
});

test.run();
