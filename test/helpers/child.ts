import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

/** Bundlers leave an import alone whose address they cannot know. */
const load = <T>(address: string): Promise<T> => import(address);

/**
 * Runs a piece of TypeScript (imports relative to the project's root) in a process of its own, which a test can kill.
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
  const { build } = await load<typeof import("esbuild")>("esbuild");
  const { options } = await load<{ options: object }>(pathToFileURL(resolve("build.mjs")).href);
  const stdin = { contents: source, resolveDir: resolve("."), loader: "ts" } as const;
  await build({ ...options, splitting: false, sourcemap: false, stdin, outfile: file });
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
