import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/**
 * Runs a piece of TypeScript (imports relative to test/train) in a process of its own, which a test can kill.
 * `shell` is a command line that runs it as `$RUN`, for instance under a ulimit.
 */
export async function runChild(
  source: string,
  shell = "exec $RUN",
): Promise<{
  child: ChildProcess;
  said(text: string): Promise<void>;
  ended: Promise<{ code: number | null; output: string }>;
}> {
  // Inside the checkout, so that packages are found from there.
  const folder = mkdtempSync(resolve("dist", "child-"));
  const file = join(folder, "child.mjs");
  const bundled = spawnSync(
    resolve("node_modules/.bin/esbuild"),
    ["--bundle", "--format=esm", "--platform=node", "--packages=external", "--loader=ts", `--outfile=${file}`],
    { cwd: "test/train", input: source, encoding: "utf8" },
  );
  if (bundled.status !== 0) throw new Error(bundled.stderr);
  const child = spawn("sh", ["-c", shell], {
    cwd: tmpdir(),
    env: { ...process.env, RUN: `${process.execPath} ${file}` },
  });
  let output = "";
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      output += chunk;
      for (const listener of listeners) listener();
    });
  }
  const ended = new Promise<{ code: number | null; output: string }>((done) => {
    child.on("close", (code) => {
      rmSync(folder, { recursive: true, force: true });
      done({ code, output });
      for (const listener of listeners) listener();
    });
  });
  const said = (text: string) =>
    new Promise<void>((done, fail) => {
      const look = () => {
        if (output.includes(text)) done();
        else if (child.exitCode !== null) fail(new Error(`the child ended without saying "${text}": ${output}`));
      };
      listeners.add(look);
      look();
    });
  return { child, said, ended };
}
