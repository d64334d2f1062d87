import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { cLibrary } from "../../../engine/adapters/c-library";
import { holdStderr } from "../../../engine/adapters/hold-stderr";
import { listAdapters, openGpu } from "../../../engine/adapters/node";
import { driverManifests } from "../../../engine/adapters/vulkan";
import { UserError } from "../../../engine/errors/errors";
import { runChild } from "../../helpers/child";
import { testGpu } from "../../helpers/gpu";

const test = suite("adapters");

const ours = () => readdirSync(tmpdir()).filter((name) => name.startsWith("nsrm-webgpu-"));

test("what is written to descriptor 2 while it is held comes back as lines, and nothing stays", async () => {
  const c = await cLibrary();
  const before = ours();
  const said: string[] = [];
  const value = holdStderr(c, said, () => {
    writeSync(2, "Warning: one\n    at two\n\n");
    return 7;
  });
  assert.is(value, 7);
  assert.equal(said, ["Warning: one", "    at two"]);
  const fails = () =>
    holdStderr(c, said, () => {
      writeSync(2, "three\n");
      throw new Error("four");
    });
  assert.throws(fails, /four/);
  assert.equal(said.slice(2), ["three"]);
  assert.equal(ours(), before);
});

test("without a C library nothing is held, and the work is done", () => {
  const said: string[] = [];
  const nothing = () => holdStderr(null, said, () => 8);
  assert.is(nothing(), 8);
  assert.equal(said, []);
});

test("descriptor 2 is what it was afterwards, also where it was closed", () => {
  const run = (shell: string) => spawnSync("sh", ["-c", shell], { encoding: "utf8" });
  const doctor = `"${process.execPath}" bin/nsrm.mjs doctor --json`;
  const { status, stdout } = run(`exec ${doctor} 2>&-`);
  assert.is(status, 0);
  assert.is(JSON.parse(stdout).convolution.ok, true);
  const both = run(`exec ${doctor} 2>&1`);
  assert.equal(JSON.parse(both.stdout).tried, JSON.parse(stdout).tried); // one JSON object and not a line beside it
  const unknown = run(`exec ${doctor} --adapter nobody`);
  assert.match(unknown.stderr, /^nsrm: no WebGPU adapter matches 'nobody' .*; tried system Vulkan: [^\n]+\n$/);
});

test("searches at the same time find what each asks for", async () => {
  const { kind } = (await testGpu()).adapter;
  const found = await Promise.all([kind, kind, "nobody", kind].map((adapter) => openGpu({ adapter }).catch((e) => e)));
  const kinds = found.map((gpu) => (gpu instanceof UserError ? "none" : gpu.adapter.kind));
  assert.equal(kinds, [kind, kind, "none", kind]);
  for (const gpu of found) await gpu.close?.();
});

test("what could not work was not tried, and what was tried says what came of it", async () => {
  const attempts: Parameters<typeof listAdapters>[0] = [];
  const found = await listAdapters(attempts);
  assert.ok(found.length > 0);
  for (const { outcome, found, said } of attempts) {
    assert.ok(outcome.length > 0);
    // A route that was known to lead nowhere has nothing to say; one that was tried had a driver.
    if (!found) assert.not.match(said.join("\n"), /Couldn't load Vulkan|Found no drivers/);
  }
});

test("a driver folder that cannot be listed has no drivers, and hides no others", () => {
  const home = mkdtempSync(join(tmpdir(), "nsrm-drivers-"));
  const { XDG_DATA_DIRS: before } = process.env;
  const folder = (...names: string[]) => {
    const path = join(home, ...names);
    mkdirSync(path, { recursive: true });
    return path;
  };
  try {
    writeFileSync(join(folder("good", "vulkan", "icd.d"), "driver.json"), "{}");
    writeFileSync(join(folder("file", "vulkan"), "icd.d"), ""); // ENOTDIR
    symlinkSync("icd.d", join(folder("loop", "vulkan"), "icd.d")); // ELOOP
    chmodSync(folder("locked", "vulkan", "icd.d"), 0); // EACCES, but for root
    process.env.XDG_DATA_DIRS = ["file", "loop", "locked", "none", "good"].map((name) => join(home, name)).join(":");
    const found = driverManifests().filter((path) => path.startsWith(home));
    assert.equal(found, [join(home, "good", "vulkan", "icd.d", "driver.json")]);
  } finally {
    if (before === undefined) delete process.env.XDG_DATA_DIRS;
    else process.env.XDG_DATA_DIRS = before;
    rmSync(home, { recursive: true, force: true });
  }
});

test("a loader that was loaded stays, whatever is collected", async () => {
  const { ended } = await runChild(`
    import { readFileSync } from "node:fs";
    import { setFlagsFromString } from "node:v8";
    import { runInNewContext } from "node:vm";
    import { unpackSwiftShader } from "./engine/adapters/swiftshader";
    import { loadForGood } from "./engine/adapters/vulkan";
    setFlagsFromString("--expose-gc");
    const gc = runInNewContext("gc");
    const { loader } = await unpackSwiftShader();
    await loadForGood(loader);
    for (let i = 0; i < 5; i++) {
      gc();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    console.log(readFileSync("/proc/self/maps", "utf8").includes(loader));`);
  assert.equal(await ended, { code: 0, output: "true\n" });
});

test("SwiftShader in a Worker whose environment is a copy; closed there, the Worker may be terminated", async () => {
  const { ended } = await runChild(`
    import { isMainThread, parentPort, Worker } from "node:worker_threads";
    import { openGpu } from "./engine/adapters/node";
    if (isMainThread) {
      const worker = new Worker(new URL(import.meta.url));
      worker.on("message", async (said) => {
        await worker.terminate();
        console.log(said, "terminated");
      });
    } else {
      const gpu = await openGpu({ adapter: "swiftshader" });
      const pending = gpu.tensor([1, 2, 3], [3]).data();
      await gpu.close();
      const values = await pending.catch((error) => [error.message]);
      parentPort.postMessage(gpu.adapter.kind + " " + [...values] + ", " + String(process.env.VK_ICD_FILENAMES));
      setInterval(() => {}, 1000);
    }`);
  assert.equal(await ended, { code: 0, output: `swiftshader 1,2,3, ${process.env.VK_ICD_FILENAMES} terminated\n` });
});

test.run();
