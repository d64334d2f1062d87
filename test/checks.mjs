// Static checks of the test command: the list of kernels, types, format and lint, the one-way imports, and that the API
// reference is whole.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { isMain } from "../is-main.mjs";
import { requireFreshList } from "../kernels/generate.mjs";

const rooms = ["engine", "kernels", "masks", "model", "train", "bench", "cli", "web"].filter((r) => existsSync(r));

const checks = [
  ["types", "tsc", ["-p", "tsconfig.json"]],
  ["types of the page", "tsc", ["-p", "web/tsconfig.json"]],
  ["format and lint", "biome", ["ci", "--colors=off", "."]],
  ["import direction", "depcruise", ["--config", ".dependency-cruiser.cjs", ...rooms]],
  ["API reference", "typedoc", ["--emit", "none", "--skipErrorChecking", "--logLevel", "Warn"]],
];

export async function runChecks() {
  await requireFreshList();
  for (const [name, command, args] of checks) {
    const t0 = performance.now();
    const { status, stdout, stderr } = spawnSync(`node_modules/.bin/${command}`, args, { encoding: "utf8" });
    if (status !== 0) {
      console.error(`${name}: ${command} failed\n${stdout}${stderr}`);
      process.exit(1);
    }
    console.log(`  ${name}: ok  ${((performance.now() - t0) / 1000).toFixed(1)} s`);
  }
}

if (isMain(import.meta)) await runChecks();
