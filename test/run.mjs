// The test command: static checks, then every test/**/*.test.ts, bundled once and run in this one process so that
// the device and its compiled pipelines are shared. `node test/run.mjs [--no-checks] [FILTER ...]`
// With --built, as in a bundle (bundle.mjs), there are no sources: what was built before is run, and nothing checked.
import { mkdir, readdir, rm } from "node:fs/promises";
import { relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const args = process.argv.slice(2);
const filters = args.filter((a) => !a.startsWith("--"));
const built = args.includes("--built");
// A folder for each run, so that several may run at a time.
const out = built ? "dist/test" : `dist/test-${process.pid}`;
// What this machine's user has measured with `nsrm tune` would choose other kernels, which round otherwise.
process.env.NSRM_TUNING = resolve(out, "untuned");

if (!built && !args.includes("--no-checks")) await (await import("./checks.mjs")).runChecks();

const entries = (await readdir(built ? `${out}/test` : "test", { recursive: true }))
  .filter((f) => f.endsWith(built ? ".test.js" : ".test.ts") && (process.env.NSRM_FULL || !f.startsWith("slow")))
  .map((f) => `test/${f.replaceAll("\\", "/").replace(/\.js$/, ".ts")}`)
  .sort();
const chosen = entries.filter((f) => filters.length === 0 || filters.some((x) => f.includes(x)));
if (chosen.length === 0) {
  console.error(`no test file matches ${filters.join(" ") || "test/**/*.test.ts"}`);
  process.exit(1);
}
if (!built) await buildTests();

// uvu's collector: with UVU_DEFER set, a suite's .run() queues itself here instead of running at once.
globalThis.UVU_DEFER = 1;
let passed = 0;
let skipped = 0;
const failures = [];
const clock = () => performance.now();
const begun = clock();
for (const file of chosen) {
  globalThis.UVU_QUEUE = [[file]];
  globalThis.UVU_INDEX = 0;
  const t0 = clock();
  let ran = 0;
  let total = 0;
  try {
    await import(pathToFileURL(`${out}/${file.replace(/\.ts$/, ".js")}`).href);
    for (const suite of globalThis.UVU_QUEUE[0].slice(1)) {
      const [errors, done, skips, count] = await suite();
      ran += done;
      total += count;
      skipped += skips;
      passed += done;
      if (errors !== true) failures.push(`${file}\n${errors}`);
    }
    // A forgotten `.run()` must not look like success.
    if (total === 0) failures.push(`${file}: executed no test (is \`suite.run()\` missing?)`);
  } catch (error) {
    failures.push(`${file}: ${error?.stack ?? error}`);
  }
  console.log(`  ${relative("test", file)}  ${ran}/${total}  ${((clock() - t0) / 1000).toFixed(1)} s`);
}
const { closeTestGpu } = await import(pathToFileURL(`${out}/test/helpers/gpu.js`).href);
await closeTestGpu();
for (const f of failures) console.error(`\nFAIL ${f}`);
console.log(`\n${((clock() - begun) / 1000).toFixed(1)} s`);
console.log(`${passed} passed, ${failures.length} failed, ${skipped} skipped`);
if (!built) await rm(out, { recursive: true, force: true });
// A failed test may have left a child process or a timer behind; that must not keep the command from ending.
process.exit(failures.length ? 1 : 0);

async function buildTests() {
  const [{ build }, { buildCli, options }] = await Promise.all([import("esbuild"), import("../build.mjs")]);
  await (await import("../kernels/generate.mjs")).requireFreshList();
  if (chosen.some((f) => /^test\/(cli|slow)\//.test(f))) await buildCli();
  await mkdir(out, { recursive: true });
  for (const left of await readdir("dist")) {
    const pid = /^test-(\d+)$/.exec(left)?.[1];
    if (pid && !isRunning(Number(pid))) await rm(`dist/${left}`, { recursive: true, force: true });
  }
  await build({ ...options, entryPoints: [...chosen, "test/helpers/gpu.ts"], outdir: out, outbase: "." });
}

/** Whether there is such a process: one that was killed has left its folder behind. */
function isRunning(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === "EPERM";
  }
}
