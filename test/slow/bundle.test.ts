// A bundle made, unpacked elsewhere, and used with nothing but itself: no PATH, no environment. Takes minutes, so it runs
// only when asked for: NSRM_FULL=1 npm test -- slow/bundle
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";

const test = suite("bundle");
const temporary = mkdtempSync(join(tmpdir(), "nsrm-bundle-"));
const home = join(temporary, "home");
let unpacked = "";
test.after(() => rmSync(temporary, { recursive: true }));

const here = process.platform === "linux" && process.arch === "x64";
if (!here) console.log("    skipped: a bundle is made on Linux x64");

function run(program: string, args: readonly string[], cwd = unpacked) {
  const { status, stdout, stderr } = spawnSync(join(unpacked, program), args, {
    cwd,
    env: { HOME: home, PATH: "", ...(process.env.NSRM_ADAPTER && { NSRM_ADAPTER: process.env.NSRM_ADAPTER }) },
    encoding: "utf8",
    maxBuffer: 2 ** 26,
  });
  assert.is(status, 0, `${program} ${args.join(" ")}: ${stderr}`);
  return stdout;
}

test("one archive of at most 60 MB, one folder in it", () => {
  if (!here) return;
  const { status, stdout, stderr } = spawnSync(process.execPath, ["bundle.mjs"], { encoding: "utf8" });
  assert.is(status, 0, stderr);
  const [, archive, megabytes] = stdout.match(/^(\S+\.tar\.xz): ([\d.]+) MB$/m)!;
  assert.ok(Number(megabytes) <= 60, stdout);
  assert.is(spawnSync("tar", ["-xJf", archive, "-C", temporary]).status, 0);
  const folders = readdirSync(temporary);
  assert.is(folders.length, 1);
  unpacked = join(temporary, folders[0]);
});

test("doctor, from another folder", () => {
  if (!here) return;
  const { convolution } = JSON.parse(run("nsrm", ["doctor", "--json"], temporary));
  assert.ok(convolution.ok);
});

test("by a link in another folder", () => {
  if (!here) return;
  const link = join(temporary, "link");
  symlinkSync(join(unpacked, "nsrm"), link);
  const { stdout, stderr } = spawnSync(link, ["--version"], { env: { PATH: "/usr/bin:/bin" }, encoding: "utf8" });
  assert.match(stdout, /^\d+\.\d+\.\d+\n$/, stderr);
});

test("verify, train and eval", () => {
  if (!here) return;
  const report = JSON.parse(run("nsrm", ["verify", "test/golden/model.safetensors", "--json"]));
  assert.ok(report.ok);
  const sets = ["width=0.05", "image_size=32", "synthetic.count_train=8", "synthetic.count_test=4"];
  const small = sets.flatMap((set) => ["--set", set]);
  const out = join(temporary, "run");
  const trained = run("nsrm", [
    "train",
    "configs/quickstart.json",
    ...small,
    "--max-steps",
    "2",
    "--out",
    out,
    "--json",
  ]);
  assert.is(JSON.parse(trained).steps, 2);
  JSON.parse(run("nsrm", ["eval", join(out, "last.safetensors"), "--json"]));
});

test("bench with both peers", () => {
  if (!here) return;
  const tiny = ["width=0.02", "image_size=16", "batch_size=2"].flatMap((set) => ["--set", set]);
  const layers = ["--layers", "1x1", "--peer", "tfjs,jax-js", "--steps", "1"];
  const result = JSON.parse(run("nsrm", ["bench", "kernels", ...tiny, ...layers, "--json", "-"]));
  assert.ok(result.layers.length > 0);
  for (const { peers } of result.layers) assert.equal(Object.keys(peers), ["tfjs", "jax-js"]);
});

test("its own tests", () => {
  if (!here) return;
  assert.match(run("nsrm-test", ["engine/tape", "cli/data"], temporary), /^[1-9]\d* passed, 0 failed/m);
});

test.run();
